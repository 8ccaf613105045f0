-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes of a first fragment, or of a capture that was cut, are written with the checksum that covers more than is here.
-- in: eth / ip flags=1 / udp length=100 / text abcdefghijklmnop
-- in: eth / ip flags=1 / tcp / text abcdefghijklmnop
-- in: eth / ip / udp / text abcdefghijklmnop / cut 55
-- in: eth / ip flags=1 / icmp / text abcdefghijklmnop
-- in: eth / ip frag_off=3 / udp / text abcdefghijklmnop
-- in: eth / ip frag_off=3 protocol=50 / text abcdefghijklmnop
-- in: eth / ip flags=1 / udp check=0 length=100 / text abcdefghijklmnop
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local payload = ip:data()
  payload:write("\x12\x34\x56", #payload - 7)
  ip:write("\1\2\3\4", 16)
  return XT_CONTINUE
end

-- verdict 1-4, 6-7: XT_CONTINUE
-- verdict 5: error bytes_are_written_in_fragments.lua:13: the checksum of these bytes is in the first fragment, which is another packet
-- out 1: eth / ip flags=1 daddr=1.2.3.4 / udp length=100 / text abcdefghi / hex 12 / text 4Vmnop
-- out 2: eth / ip flags=1 daddr=1.2.3.4 / tcp / text abcdefghi / hex 12 / text 4Vmnop
-- out 3: eth / ip daddr=1.2.3.4 / udp / text abcdef / hex 12 / text 4Vjklmnop / cut 55
-- out 4: eth / ip flags=1 daddr=1.2.3.4 / icmp / text abcdefghi / hex 12 / text 4Vmnop
-- out 6: eth / ip frag_off=3 protocol=50 daddr=1.2.3.4 / text abcdefghi / hex 12 / text 4Vmnop
-- out 7: eth / ip flags=1 daddr=1.2.3.4 / udp check=0 length=100 / text abcdefghi / hex 12 / text 4Vmnop
