-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet is itself, however it is asked for first, while an array is seen as one.
-- in 2 times: eth / ip / udp / text abc
-- in 2 times: eth / vlan / ip / udp / text abc
local array = bytes.new(64)
function process_packet(p)
  local own = bytes.to_packet(array, packet_udp)
  assert(own.dport == 0)
  local ip = p:data(packet_eth):data(packet_ip)
  assert(not ip == (p.vlan ~= nil))
  assert(own.dport == 0)
  assert(p.udp.dport == 5678 and own.dport == 0 and p.ip.saddr == "10.0.0.1" and p.eth.type ~= 0)
  own.sport = 7
  assert(own.sport == 7 and p:data(packet_eth).type ~= 0 and p.udp.sport == 1234)
  own.sport = 0
  if ip then ip.ttl = 9 end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1-2: eth / ip ttl=9 / udp / text abc
-- out 3-4: same
