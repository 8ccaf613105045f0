-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- File name, mode, options and error messages grow and shrink; views of what is behind stay right.
-- in: eth / ip / udp dport=69 / hex 0001 / text file / hex 20 / text name / hex 00 / text octet / hex 00 / text blksize / hex 00 / text 1428 / hex 00
-- in: eth / ip options=01010100 / udp check=0 / hex 0002 / text x / hex 00 / text mail / hex 00
-- in: eth / ip / udp check=+5 / hex 0005 0001 / text missing / hex 00
-- in: eth / ip / udp / hex 0006 / text tsize / hex 00 / text 77 / hex 00
function process_packet(p)
  local tftp = p:data(packet_eth):data(packet_ip):data(packet_udp):data():data(packet_tftp)
  local mode, option = tftp:mode(), tftp:option("TSIZE")
  if tftp.opcode <= 2 then
    tftp.filename = tftp.opcode == 1 and "longer.name" or ""
    assert(mode:get() == tftp.mode)
    mode:set("netascii")
    assert(tftp.mode == "netascii" and mode:get() == "netascii" and #mode == 8)
  elseif tftp.opcode == 5 then
    tftp:errmsg():set("ab")
    assert(tftp.errcode == 1 and tftp.filename == nil)
  else
    option:set(123456)
    assert(option:get() == "123456" and tftp:option("tsize"):get() == "123456")
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- wrong checksums: 1
-- out 1: eth / ip / udp dport=69 / hex 0001 / text longer.name / hex 00 / text netascii / hex 00 / text blksize / hex 00 / text 1428 / hex 00
-- out 2: eth / ip options=01010100 / udp check=0 / hex 0002 00 / text netascii / hex 00
-- out 3: eth / ip / udp check=+5 / hex 0005 0001 / text ab / hex 00
-- out 4: eth / ip / udp / hex 0006 / text tsize / hex 00 / text 123456 / hex 00
