-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An answer goes back: addresses and ports change places, so no checksum changes.
-- in: eth / ip / udp / text ping
-- in: eth / ip ttl=1 / tcp / text ping
-- in: eth / ip / icmp / text ping
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  local before = ip.check
  eth.dmac, eth.smac = eth.smac, eth.dmac
  ip.saddr, ip.daddr = ip.daddr, ip.saddr
  if transport then transport.sport, transport.dport = transport.dport, transport.sport end
  assert(ip.check == before)
  return NF_ACCEPT
end
