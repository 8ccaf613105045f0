-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The checksum of SCTP, a CRC32c, is right after each write: of fields, of bytes, of a payload of other length; addresses do
-- not count. Of a fragment, and of a packet that was cut, it stays as it is.
-- in: eth / ip / sctp / hex 0003001000000001_00000001_00000000
-- in: eth / ip options=01010100 / sctp vtag=0x00010002 / text abc
-- in: eth / ip6 / sctp / nothing
-- in: eth / ip6 / gre check=+0 / ip / sctp / text abcde
-- in: eth / ip / udp / ip / sctp / text abcde / pad 3
-- in: eth / ip flags=1 / sctp / text abcdefgh
-- in: eth / ip / sctp / text abcdefgh / cut 50
-- in: eth / ip frag_off=1 / sctp / text abcdefgh
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local gre, udp = ip:data(packet_gre), ip:data(packet_udp)
  local inner = (gre or udp or eth):data(packet_ip) or ip
  local sctp = inner:data(packet_sctp)
  inner[inner.ttl and "daddr" or "hop_limit"] = inner.ttl and "192.0.2.9" or 3
  if not sctp then return XT_CONTINUE end
  local whole, check = inner.flags ~= 1 and #p ~= 50, sctp.check
  sctp:check():set(check ~ 1)
  sctp.dport = 9
  if sctp.vtag == 0x00010002 then sctp.vtag = 0x00020001 end
  assert(whole == (sctp.check ~= check ~ 1))
  if not whole then
    assert(not pcall(function() sctp:check():set() end))
    sctp:check():set(check)
    return XT_CONTINUE
  end
  local was = sctp.check
  sctp:check():set()
  assert(sctp.check == was)
  sctp:write("\x12\x34", 0)
  local data = sctp:data()
  if #data > 0 then
    data:write("ABC")
    data:set("another text")
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip daddr=192.0.2.9 / sctp sport=0x1234 dport=9 / text another text
-- out 2: eth / ip options=01010100 daddr=192.0.2.9 / sctp sport=0x1234 dport=9 vtag=0x00020001 / text another text
-- out 3: eth / ip6 hop_limit=3 / sctp sport=0x1234 dport=9 / nothing
-- out 4: eth / ip6 / gre check=+0 / ip daddr=192.0.2.9 / sctp sport=0x1234 dport=9 / text another text
-- out 5: eth / ip / udp / ip daddr=192.0.2.9 / sctp sport=0x1234 dport=9 / text another text / pad 3
-- out 6: eth / ip flags=1 daddr=192.0.2.9 / sctp dport=9 check=0x991cc633 / text abcdefgh
-- out 7: eth / ip daddr=192.0.2.9 / sctp dport=9 check=0x991cc633 / text abcdefgh / cut 50
-- out 8: eth / ip frag_off=1 daddr=192.0.2.9 / sctp / text abcdefgh
