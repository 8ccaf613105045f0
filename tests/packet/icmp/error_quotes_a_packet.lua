-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A change in the packet that an ICMP error quotes goes into all checksums: of the quoted headers, and of the ICMP message.
-- in: eth / ip / icmp type=3 code=3 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp / text abc
-- in: eth / ip / icmp type=11 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=10.0.0.1 options=01010100 / tcp / hex 00
-- in: eth / ip / icmp type=3 code=1 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp check=0 / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip:data(packet_icmp)
  local quoted = icmp:data():data(packet_ip)
  local transport = quoted:data(packet_udp) or quoted:data(packet_tcp)
  quoted.saddr = "192.0.2.1"
  quoted.ttl = 1
  transport.sport = 53
  ip.daddr = "192.0.2.1"
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip daddr=192.0.2.1 / icmp type=3 code=3 id=0 sequence=0
--   / ip saddr=192.0.2.1 daddr=10.0.0.1 ttl=1 / udp sport=53 / text abc
-- out 2: eth / ip daddr=192.0.2.1 / icmp type=11 id=0 sequence=0
--   / ip saddr=192.0.2.1 daddr=10.0.0.1 options=01010100 ttl=1 / tcp sport=53 / hex 00
-- out 3: eth / ip daddr=192.0.2.1 / icmp type=3 code=1 id=0 sequence=0
--   / ip saddr=192.0.2.1 daddr=10.0.0.1 ttl=1 / udp check=0 sport=53 / text abc
