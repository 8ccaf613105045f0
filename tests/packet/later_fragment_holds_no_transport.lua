-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A later fragment's payload is the middle of something: raw bytes only, and no checksum in it changes.
-- in: eth / ip frag=1 flags=1 / udp / text abc
-- in: eth / ip frag=0x1fff / tcp / text abc
-- in: eth / ip frag=2 / icmp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local before = ip:data():to_bytes()
  assert(ip:data(packet_udp) == nil and ip:data(packet_tcp) == nil and ip:data(packet_icmp) == nil)
  ip.saddr = "192.0.2.1"
  ip.daddr = "192.0.2.2"
  assert(ip:data():to_bytes() == before)
  return NF_ACCEPT
end
