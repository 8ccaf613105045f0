-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- ICMP has no pseudo header: its checksum stays when an address changes.
-- in: eth / ip / icmp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local before = ip:data(packet_icmp).checksum
  ip.saddr = "192.0.2.1"
  ip.daddr = "192.0.2.2"
  assert(ip:data(packet_icmp).checksum == before)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip saddr=192.0.2.1 daddr=192.0.2.2 / icmp / text abc
