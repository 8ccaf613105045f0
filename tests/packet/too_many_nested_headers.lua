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
