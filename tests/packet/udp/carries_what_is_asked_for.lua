-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP and TCP carry whatever is asked for, on any port: as many views as are asked for, each of its own. What is written in
-- one changes the sums outside. What is too short for it is nil.
-- in: eth / ip / udp / ip / udp / text abc
-- in: eth / ip / udp / ip / udp / text abc / pad 9
-- in: eth / ip / udp check=0 / ip / udp / text abc
-- in: eth / ip / udp / text abc
-- in: eth / ip6 / tcp options=01010101 / ip / udp / text abc
-- in: eth / ip flags=1 / udp / ip / udp / text abc
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local outer = ip:data(packet_udp) or ip:data(packet_tcp)
  local inner = outer:data(packet_ip)
  if not inner then
    assert(not outer:data(packet_eth) and not outer:data(packet_udp) and #outer:data(packet_raw) == 3)
    error("too short", 0)
  end
  for i = 1, 100 do
    local a, b = outer:data(packet_eth), outer:data(packet_icmp)
    assert(a:get_offset() == inner:get_offset() and b:get_offset() == a:get_offset())
  end
  local udp = inner:data(packet_udp)
  inner.daddr = "10.0.0.99"
  udp.dport = 53
  assert(outer:data(packet_ip).daddr == "10.0.0.99")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 4: error too short
-- out 1: eth / ip / udp / ip daddr=10.0.0.99 / udp dport=53 / text abc
-- out 2: eth / ip / udp / ip daddr=10.0.0.99 / udp dport=53 / text abc / pad 9
-- out 3: eth / ip / udp check=0 / ip daddr=10.0.0.99 / udp dport=53 / text abc
-- out 5: eth / ip6 / tcp options=01010101 / ip daddr=10.0.0.99 / udp dport=53 / text abc
-- out 6: eth / ip flags=1 / udp / ip daddr=10.0.0.99 / udp dport=53 / text abc
