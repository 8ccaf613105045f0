-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where ARP's addresses stand is told by lengths in the packet, also when constants are written.
-- in: eth type=0x0806 / hex 0001 0800 08 04 0002 0000000000000001 0a000001 0000000000000002 0a000002
-- in: eth type=0x0806 / hex 0001 0800 06 02 0002 020000000001 0a01 020000000002 0a02 0000000000000000
function process_packet(p)
  local arp = p:data(packet_eth):data(packet_arp)
  if not arp then return NF_DROP end
  arp.oper = 1
  arp.spa = 0x01020304
  arp.tpa = "5.6.7.8"
  arp:spa():set(0x090A0B0C)
  return XT_CONTINUE
end

-- verdict 1: XT_CONTINUE
-- verdict 2: error addresses_stand_behind_others_when_written.lua:9: spa: the header of this packet has no such field, or ends before it
-- out 1: eth type=0x0806 / hex 0001 0800 08 04 0001 0000000000000001 090a0b0c 0000000000000002 05060708
