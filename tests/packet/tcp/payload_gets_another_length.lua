-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What TCP, ICMP and ICMPv6 carry grows and shrinks, over IPv4 and IPv6, with extension headers and options.
-- in: eth / ip / tcp / text hello
-- in: eth / ip options=01010100 / tcp options=01010101 / text hello
-- in: eth / ip / icmp id=7 / text ping
-- in: eth / ip6 / tcp options=0101080a0000000100000002 / text hello
-- in: eth / ip6 nexthdr=60 extensions=06_00_01_04_00_00_00_00 / tcp / text hello
-- in: eth / ip6 / icmp6 type=128 / text ping
-- in: eth / ip6 / udp / text even
-- in: eth / ip6 nexthdr=0 extensions=11_00_01_04_00_00_00_00 / udp / text odd
-- in: eth / ip / tcp / nothing
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local inner = ip:data(packet_tcp) or ip:data(packet_udp) or ip:data(packet_icmp) or ip:data(packet_icmp6)
  local payload = inner:data()
  payload:set("<<" .. payload:get():string() .. ">>!")
  payload:set(payload:get():string():sub(2, -3) .. "?" )
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip / tcp / text <hello>?
-- out 2: eth / ip options=01010100 / tcp options=01010101 / text <hello>?
-- out 3: eth / ip / icmp id=7 / text <ping>?
-- out 4: eth / ip6 / tcp options=0101080a0000000100000002 / text <hello>?
-- out 5: eth / ip6 nexthdr=60 extensions=06_00_01_04_00_00_00_00 / tcp / text <hello>?
-- out 6: eth / ip6 / icmp6 type=128 / text <ping>?
-- out 7: eth / ip6 / udp / text <even>?
-- out 8: eth / ip6 nexthdr=0 extensions=11_00_01_04_00_00_00_00 / udp / text <odd>?
-- out 9: eth / ip / tcp / text <>?
