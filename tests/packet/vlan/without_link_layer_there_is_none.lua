-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet without a link layer that is said to be IP has no tag.
-- link: raw
-- in: ip / udp
function process_packet(p)
  assert(p:data(packet_eth):data(packet_vlan) == nil)
  return p:data(packet_eth):data(packet_ip) and NF_ACCEPT or NF_DROP
end

-- verdict: NF_ACCEPT
-- out: same
