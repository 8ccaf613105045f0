-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- NF_REPEAT gives the packet to the handler again, with what it has written: 8 times at most.
-- in 4 times: eth / ip ttl=0 / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.ttl = ip.ttl + 1
  goal = goal or 1
  if ip.ttl < goal then return NF_REPEAT end
  goal = goal == 1 and 2 or goal == 2 and 8 or 9
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip ttl=1 / udp
-- out 2: eth / ip ttl=2 / udp
-- out 3: eth / ip ttl=8 / udp
-- out 4: eth / ip ttl=9 / udp
