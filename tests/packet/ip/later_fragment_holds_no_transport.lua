-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A later fragment's payload is the middle of something: raw bytes only, and no checksum in it changes.
-- in: eth / ip frag_off=1 flags=1 / udp / text abc
-- in: eth / ip frag_off=0x1fff / tcp / text abc
-- in: eth / ip frag_off=2 / icmp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local before = ip:data():to_bytes()
  assert(ip:data(packet_udp) == nil and ip:data(packet_tcp) == nil and ip:data(packet_icmp) == nil)
  ip.saddr = "192.0.2.1"
  ip.daddr = "192.0.2.2"
  assert(ip:data():to_bytes() == before)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip frag_off=1 flags=1 saddr=192.0.2.1 daddr=192.0.2.2 / udp check=0x0c73 / text abc
-- out 2: eth / ip frag_off=0x1fff saddr=192.0.2.1 daddr=192.0.2.2 / tcp check=0x90ac / text abc
-- out 3: eth / ip frag_off=2 saddr=192.0.2.1 daddr=192.0.2.2 / icmp / text abc
