-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Headers in headers: 16 with checksums are followed in one packet, then it is an error.
-- in: eth / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / udp / text 16
-- in: eth / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / ip / udp / text 18
function process_packet(p)
  local ip, depth = p:data(packet_eth):data(packet_ip), 1
  while ip.protocol == 4 do
    ip.ttl = depth
    ip = ip:data():data(packet_ip)
    depth = depth + 1
  end
  ip.daddr = "192.0.2.1"
  ip:data(packet_udp).sport = depth
  return NF_ACCEPT
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error too_many_nested_headers.lua:13: more than 16 nested headers in one packet
-- out: eth / ip ttl=1 / ip ttl=2 / ip ttl=3 / ip ttl=4 / ip ttl=5 / ip ttl=6 / ip ttl=7 / ip ttl=8 / ip ttl=9
--   / ip ttl=10 / ip ttl=11 / ip ttl=12 / ip ttl=13 / ip ttl=14 / ip daddr=192.0.2.1 / udp sport=15 / text 16
