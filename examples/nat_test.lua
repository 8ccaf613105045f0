-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What nat.lua does:  packetscript test examples
local nat = script("nat.lua")

test("an answer finds the way back of what was sent", function()
  local _, out = nat.process_packet_snat(packet.icmp{ src = "192.168.0.2", dst = "8.8.8.8", id = 7 })
  equal(out.ip.saddr, "10.0.0.1")
  local reply = packet.icmp{ src = out.ip.daddr, dst = out.ip.saddr, type = 0, id = out.icmp.id }
  local verdict, back = nat.process_packet_dnat(reply)
  equal(verdict, XT_CONTINUE)
  equal(back, packet.icmp{ src = "8.8.8.8", dst = "192.168.0.2", type = 0, id = 7 })
end)
