-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- p.udp is the first header of that protocol: behind tags, labels, extension headers, in tunnels, and behind well-known ports.
-- What there is none of is nil. What an ICMP error quotes is not looked into, nor a later fragment.
-- in: eth / ip / udp / text abc
-- in: eth / vlan / vlan vid=6 / ip6 nexthdr=60 extensions=1100010400000000 / udp / text abc
-- in: eth / ip / gre key=1 / ip6 / tcp / text abc
-- in: eth / ip / udp dport=4789 / vxlan vni=7 / eth / vlan / ip ttl=9 / tcp dport=80 
--   / hex 474554202f20485454502f312e310d0a0d0a
-- in: eth / mpls label=3 / mpls label=4 / ip / ah / sctp / text abcd
-- in: eth / pppoe / ip6 / icmp6 / text abc
-- in: eth / arp
-- in: eth / ip / icmp type=3 id=0 sequence=0 / ip / udp / text abc
-- in: eth / ip frag_off=1 / udp / text abc
-- in: eth / ip / udp dport=53 / hex 0001010000010000000000000161000001_0001
-- in: eth / ip / udp dport=54 / hex 0001010000010000000000000161000001_0001
-- in: eth / ip / udp dport=53 / text abc
-- in: eth type=0x1234 / text abc
-- in: eth / ip / ip / ip / ip ttl=3 / tcp options=020405b4 / text abc
-- in: eth / ip / gre / eth / ip6 / udp / text abc
function process_packet(p)
  local said, names = {}, {}
  for id = 1, #supported_protocols do
    names[#names + 1] = (supported_protocols[id]:gsub("packet_", ""))
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local v = p[name]
    if v then said[#said + 1] = name .. "@" .. v:get_offset() end
    assert((p[name] ~= nil) == (v ~= nil))
  end
  assert(p.raw and p.data and p.get_size)
  if p.ip then p.ip.ttl = 77 end
  if p.eth then assert(p.eth:get_offset() == 0) end
  if p.tcp then assert(p.tcp.dport == 5678 or p.tcp.dport == 80) end
  if p.mpls then assert(p.mpls.label == 3) end
  error(table.concat(said, " "), 0)
end

-- verdict 1: error eth@0 ip@14 udp@34
-- verdict 2: error eth@0 ip6@22 udp@70 vlan@14
-- verdict 3: error eth@0 gre@34 ip@14 ip6@42 tcp@82 tcp_opt@102
-- verdict 4: error eth@0 http@108 ip@14 tcp@88 tcp_opt@108 udp@34 vlan@64 vxlan@42
-- verdict 5: error ah@42 eth@0 ip@22 mpls@14 sctp@66
-- verdict 6: error eth@0 icmp6@62 ip6@22 pppoe@14
-- verdict 7: error arp@14 eth@0
-- verdict 8: error eth@0 icmp@34 ip@14
-- verdict 9: error eth@0 ip@14
-- verdict 10: error dns@42 eth@0 ip@14 udp@34
-- verdict 11: error eth@0 ip@14 udp@34
-- verdict 12: error eth@0 ip@14 udp@34
-- verdict 13: error eth@0
-- verdict 14: error eth@0 ip@14 tcp@94 tcp_opt@114
-- verdict 15: error eth@0 gre@34 ip@14 ip6@52 udp@92
