-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A tagged frame does not hold IP; what follows the tag is reached through a raw view, too.
-- in: eth / vlan vid=7 / ip / udp / text tagged
function process_packet(p)
  local eth = p:data(packet_eth)
  assert(eth.type == 0x8100 and eth:data(packet_ip) == nil)
  local ip = p:raw(18, #p - 18):data(packet_ip)
  ip.ttl = 1
  ip:data(packet_udp).dport = 53
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / vlan vid=7 / ip ttl=1 / udp dport=53 / text tagged
