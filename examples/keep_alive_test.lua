-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local alive = script("keep_alive.lua")

-- The answer to a ping, as the peer sends it.
local function answer(ping, from)
  return packet.icmp{ type = 0, src = from or "10.0.0.2", dst = "10.0.0.1", id = ping.icmp.id, sequence = ping.icmp.sequence }
end

local _, sent = clock.advance(0)
local first = sent[1]

test("the peer is pinged each second", function()
  equal(#sent, 1)
  equal(first.ip.daddr, "10.0.0.2")
  equal(first.icmp.type, 8)
  local _, later = clock.advance(999)
  equal(#later, 0)
  _, later = clock.advance(1)
  equal(#later, 1)
  equal(later[1].icmp.sequence, first.icmp.sequence + 1)
  _, later = clock.advance(60000)
  equal(#later, 60)
end)

test("its answers are taken, those of others go on", function()
  local _, now = clock.advance(1000)
  equal(alive.process_packet(answer(now[1])), NF_DROP)
  equal(alive.process_packet(answer(now[1], "10.0.0.3")), XT_CONTINUE)
  equal(alive.process_packet(now[1]), XT_CONTINUE)
  local other = answer(now[1])
  other = packet.icmp{ type = 0, src = "10.0.0.2", dst = "10.0.0.1", id = other.icmp.id ~ 1, sequence = 1 }
  equal(alive.process_packet(other), XT_CONTINUE)
  equal(alive.process_packet(packet.udp{ src = "10.0.0.2" }), XT_CONTINUE)
end)
