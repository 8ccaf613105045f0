-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The payload is behind all extension headers: hop-by-hop options, routing, fragment (the first), destination options, AH.
-- Of a route that is used up tcpdump wants the last address to be summed.
-- in: eth / ip6 nexthdr=0 extensions=1100050200000000 / udp / text one
-- in: eth / ip6 nexthdr=60 extensions=1101010c000000000000000000000000 / udp / text one
-- in: eth / ip6 nexthdr=43 extensions=1102000000000000_20010db8000000000000000000000009 / udp / text one
-- in: eth / ip6 nexthdr=44 extensions=1100000012345678 / udp / text one
-- in: eth / ip6 nexthdr=51 extensions=1104000000001234_0000000100112233445566778899aabb / udp / text one
-- in: eth / ip6 nexthdr=0 extensions=3c00050200000000_2b00010400000000_2c000400aabbccdd_3300000012345678_3c01000000001234_00000000_1100010400000000 / udp / text one
-- in: eth / ip6 nexthdr=60 extensions=0600010400000000 / tcp / text one
-- in: eth / ip6 nexthdr=0 extensions=3a00050200000000 / icmp6 / text one
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local inner = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_icmp6)
  assert(inner and inner:data():get():string() == "one")
  ip.daddr = "2001:db8::53"
  if ip:data(packet_udp) then inner.dport = 53 end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip6 nexthdr=0 extensions=1100050200000000 daddr=2001:db8::53 / udp dport=53 / text one
-- out 2: eth / ip6 nexthdr=60 extensions=1101010c000000000000000000000000 daddr=2001:db8::53 / udp dport=53 / text one
-- out 3: eth / ip6 nexthdr=43 extensions=1102000000000000_20010db8000000000000000000000009 daddr=2001:db8::53
--   / udp dport=53 / text one
-- out 4: eth / ip6 nexthdr=44 extensions=1100000012345678 daddr=2001:db8::53 / udp dport=53 / text one
-- out 5: eth / ip6 nexthdr=51 extensions=1104000000001234_0000000100112233445566778899aabb daddr=2001:db8::53
--   / udp dport=53 / text one
-- out 6: eth / ip6 nexthdr=0 extensions=3c00050200000000_2b00010400000000_2c000400aabbccdd_3300000012345678_3c01000000001234_00000000_1100010400000000 daddr=2001:db8::53 / udp dport=53 / text one
-- out 7: eth / ip6 nexthdr=60 extensions=0600010400000000 daddr=2001:db8::53 / tcp / text one
-- out 8: eth / ip6 nexthdr=0 extensions=3a00050200000000 daddr=2001:db8::53 / icmp6 / text one
-- wrong checksums: 1
