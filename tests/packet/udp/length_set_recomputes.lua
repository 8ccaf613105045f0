-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing length changes what the checksum is of: it is computed anew, if all that it tells of is there.
-- not with partial checksums: the device sums the whole packet, whatever length says
-- in: eth / ip / udp / text payload
-- in: eth / ip / udp / text payload
-- in: eth / ip / udp / text payload
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local before = udp.check
  n = (n or 0) + 1
  if n == 1 then
    udp.length = 12
    assert(udp.check ~= before and #udp:data() == 4)
  elseif n == 2 then
    udp:length():set(8)
    assert(udp.check ~= before and #udp:data() == 0)
  else
    udp.length = 16
    assert(#udp:data() == 7)
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp length=12 check=0xe705 / text payload
-- out 2: eth / ip / udp length=8 check=0xd0db / text payload
-- out 3: eth / ip / udp length=16 / text payload
