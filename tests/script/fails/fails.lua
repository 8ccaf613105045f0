-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Tests that fail: what they print is in fails.expected.
local dnat = script("../../../examples/dnat.lua")

test("what differs is told field by field", function()
  local _, after = dnat.process_packet(packet.udp{ ttl = 3, dst = "8.8.8.8", payload = "abc" })
  equal(after, packet.udp{ ttl = 4, dst = "2.1.1.1", payload = "abX" })
end)

test("so are lengths, and where there is no field", function()
  equal(packet.udp{ payload = "abc" }, packet.udp{ eth = false })
end)

test("values, and strings as Lua writes them", function()
  equal("a\27", "b")
end)

test("an error outside of checks", function()
  local nothing
  nothing.field = 1
end)

test("verdicts have names", function()
  local verdict = script("../counts.lua").count(packet.udp{})
  equal(verdict, NF_DROP)
end)

test("with the number of a queue", function()
  local verdict = script("../counts.lua").queue(packet.udp{})
  equal({ verdict }, { NF_ACCEPT })
end)

test("numbers have none", function()
  equal(packet.udp{ ttl = 1 }.ip.ttl, 0)
end)

test("a test after those is run", function() end)

error("and an error outside of tests counts")
