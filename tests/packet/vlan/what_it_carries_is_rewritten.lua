-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same script with and without tags, also one in another, of customers and of providers.
-- in: eth / ip / udp / text one
-- in: eth / vlan vid=7 / ip / udp / text one
-- in: eth / vlan vid=7 pcp=3 / ip / tcp / text one
-- in: eth type=0x88A8 / vlan vid=9 / vlan vid=7 / ip / udp / text one
-- in: eth / vlan vid=9 type=0x88A8 / vlan vid=7 / ip6 / udp / text one
-- in: eth type=0x88A8 / vlan vid=7 / ip6 / icmp6 / text one
-- in: eth / vlan / arp
function process_packet(p)
  local inside = p:data(packet_eth)
  while inside:data(packet_vlan) do inside = inside:data(packet_vlan) end
  local ip, ip6 = inside:data(packet_ip), inside:data(packet_ip6)
  if ip then
    ip.daddr = "2.1.1.1"
  elseif ip6 then
    ip6.daddr = "2001:db8::99"
  else
    return NF_DROP
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 7: NF_DROP
-- out 1: eth / ip daddr=2.1.1.1 / udp / text one
-- out 2: eth / vlan vid=7 / ip daddr=2.1.1.1 / udp / text one
-- out 3: eth / vlan vid=7 pcp=3 / ip daddr=2.1.1.1 / tcp / text one
-- out 4: eth type=0x88A8 / vlan vid=9 / vlan vid=7 / ip daddr=2.1.1.1 / udp / text one
-- out 5: eth / vlan vid=9 type=0x88A8 / vlan vid=7 / ip6 daddr=2001:db8::99 / udp / text one
-- out 6: eth type=0x88A8 / vlan vid=7 / ip6 daddr=2001:db8::99 / icmp6 / text one
