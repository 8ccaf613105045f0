-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An empty payload at the packet's end grows: so does the link layer, though IP may have been found without it.
-- in: eth / ip / udp / nothing
-- in: eth / vlan / ip6 / udp / nothing
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local eth = p:data(packet_eth)
  local vlan = eth:data(packet_vlan)
  ip = ip or vlan:data(packet_ip6)
  local udp = ip:data(packet_udp)
  udp:data():set("hello")
  assert(#eth == #p and #udp == 13 and (not vlan or #vlan == #p - 14))
  local again = p:data(packet_eth):data(packet_ip) or p:data(packet_eth):data(packet_vlan):data(packet_ip6)
  assert(#again == #ip)
  again:data(packet_udp):data():set("hello, again")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip / udp / text hello, / hex 20 / text again
-- out 2: eth / vlan / ip6 / udp / text hello, / hex 20 / text again
