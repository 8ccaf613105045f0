-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An IP packet in an IP packet: both headers and the inner transport are kept right.
-- in: eth / ip / ip saddr=192.0.2.1 daddr=192.0.2.2 / udp / text abc
-- in: eth / ip id=1 / ip saddr=192.0.2.1 daddr=192.0.2.2 / udp / text abc
-- in: eth / ip options=01010100 / ip saddr=192.0.2.1 daddr=192.0.2.2 options=01010100 / tcp / text abc
function process_packet(p)
  local outer = p:data(packet_eth):data(packet_ip)
  assert(outer.protocol == 4 and outer:data(packet_ip):get_offset() == outer:data():get_offset())
  local inner = outer.id == 1 and outer:data():data(packet_ip) or outer:data(packet_ip)
  inner.daddr = "198.51.100.1"
  inner.ttl = 1
  outer.ttl = 2
  local transport = inner:data(packet_udp) or inner:data(packet_tcp)
  transport.dport = 1
  outer.saddr = "10.9.8.7"
  inner:check():set()
  transport:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip ttl=2 saddr=10.9.8.7 / ip saddr=192.0.2.1 daddr=198.51.100.1 ttl=1 / udp dport=1 / text abc
-- out 2: eth / ip id=1 ttl=2 saddr=10.9.8.7 / ip saddr=192.0.2.1 daddr=198.51.100.1 ttl=1 / udp dport=1 / text abc
-- out 3: eth / ip options=01010100 ttl=2 saddr=10.9.8.7
--   / ip saddr=192.0.2.1 daddr=198.51.100.1 options=01010100 ttl=1 / tcp dport=1 / text abc
