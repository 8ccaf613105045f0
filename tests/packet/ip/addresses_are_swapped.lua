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

-- verdict: NF_ACCEPT
-- out 1: eth dmac=02:00:00:00:00:02 smac=02:00:00:00:00:01 / ip saddr=10.0.0.2 daddr=10.0.0.1
--   / udp sport=5678 dport=1234 / text ping
-- out 2: eth dmac=02:00:00:00:00:02 smac=02:00:00:00:00:01 / ip ttl=1 saddr=10.0.0.2 daddr=10.0.0.1
--   / tcp sport=5678 dport=1234 / text ping
-- out 3: eth dmac=02:00:00:00:00:02 smac=02:00:00:00:00:01 / ip saddr=10.0.0.2 daddr=10.0.0.1 / icmp
--   / text ping
