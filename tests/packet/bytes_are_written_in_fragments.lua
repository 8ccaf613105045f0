-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes of a first fragment, or of a capture that was cut, are written with the checksum that covers more than is here.
-- in: eth / ip flags=1 / udp len=100 / text abcdefghijklmnop
-- in: eth / ip flags=1 / tcp / text abcdefghijklmnop
-- in: eth / ip / udp / text abcdefghijklmnop / cut 55
-- in: eth / ip flags=1 / icmp / text abcdefghijklmnop
-- in: eth / ip frag=3 / udp / text abcdefghijklmnop
-- in: eth / ip frag=3 protocol=50 / text abcdefghijklmnop
-- in: eth / ip flags=1 / udp check=0 len=100 / text abcdefghijklmnop
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local payload = ip:data()
  payload:write("\x12\x34\x56", #payload - 7)
  ip:write("\1\2\3\4", 16)
  return XT_CONTINUE
end
