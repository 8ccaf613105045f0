-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What redirect.lua does:  packetscript test examples
local redirect = script("redirect.lua")

test("who asks sees no difference", function()
  local _, question = redirect.there(packet.udp{ src = "10.0.0.1", dst = "8.8.8.8", dport = 53 })
  equal(question.ip.daddr, "10.0.0.2")
  local answer = packet.udp{ src = question.ip.daddr, dst = "10.0.0.1", sport = 53 }
  local _, seen = redirect.back(answer)
  equal(seen, packet.udp{ src = "8.8.8.8", dst = "10.0.0.1", sport = 53 })
end)
