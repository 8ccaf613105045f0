-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes of a frame that no protocol is known for are written; nothing else in it changes.
-- in: eth / arp
-- in: eth / ip6 next=17 / hex 04d2 162e 000a 0000 6869
-- in: eth / vlan / arp / pad 14
function process_packet(p)
  local payload = p:data(packet_eth):data()
  payload:raw(#payload - 2, 2):set(0xEE)
  payload:get()[0] = 0x77
  return NF_ACCEPT
end
