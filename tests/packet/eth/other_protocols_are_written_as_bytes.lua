-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes of a frame that no protocol is known for are written; nothing else in it changes.
-- in: eth / arp
-- in: eth / ip6 / udp check=0 / text hi
-- in: eth / vlan / arp / pad 14
function process_packet(p)
  local payload = p:data(packet_eth):data()
  payload:raw(#payload - 2, 2):set(0xEE)
  payload:get()[0] = 0x77
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / arp htype=30465 tpa=10.0.238.238
-- out 2: eth / ip6 version=7 tclass=112 / udp check=0 / hex eeee
-- out 3: eth / vlan pcp=3 dei=1 vid=1797 / arp / hex 000000000000000000000000eeee
