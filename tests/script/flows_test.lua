-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Connections, by the clock of tests.
local flows = script("flows.lua")

local function number(p) return flows.process_packet(p) >> 16 end
local function there(port) return packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = port, dport = 2000 } end
local function back(port) return packet.udp{ src = "10.0.0.2", dst = "10.0.0.1", sport = 2000, dport = port } end

test("a connection's packets have one table, in both directions", function()
  equal(number(there(1)), 1)
  equal(number(back(1)), 2)
  equal(number(there(2)), 1)
  equal(number(there(1)), 3)
  equal(flows.process_packet(packet.arp{}), NF_DROP)
end)

test("idle ones end, by the clock of tests", function()
  clock.advance(4999)
  equal(number(there(1)), 4)
  clock.advance(1)
  equal(flows.how_many(there(1)) >> 16, 1)
  equal(number(there(2)), 1)
  clock.advance(5000)
  equal(number(there(1)), 1)
  equal(flows.how_many(there(1)) >> 16, 1)
end)

test("the one that was idle longest goes first", function()
  for port = 11, 14 do clock.advance(1) equal(number(there(port)), 1) end
  clock.advance(1)
  equal(number(there(11)), 2)
  equal(number(there(15)), 1)
  equal(number(there(11)), 3)
  equal(number(there(12)), 1)
end)

test("what is cut gets its verdict without the script", function()
  local dns = packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = 5, dport = 53 }
  equal(number(dns), 1)
  equal(number(dns), 2)
  equal(number(dns), 3)
  for _ = 1, 10 do
    clock.advance(4999)
    equal(flows.process_packet(dns), NF_ACCEPT)
  end
  equal(flows.how_many(there(1)) >> 16, 1)
  clock.advance(5000)
  equal(number(dns), 1)
end)

test("a timer may cut what it has kept", function()
  equal(flows.cut_later(there(21)), NF_ACCEPT)
  clock.advance(1000)
  equal(flows.was_there(there(22)), NF_ACCEPT)
  equal(flows.process_packet(back(21)), NF_DROP)
  equal(flows.cut_later(there(23)), NF_ACCEPT)
  for port = 31, 34 do number(there(port)) end
  clock.advance(1000)
  equal(flows.was_there(there(22)), NF_DROP)
end)

test("deferred work has no flows", function()
  flows.defer(there(1))
  raises(function() clock.advance(1) end, "flows are for where packets are handled (IS_INTERRUPT is true)")
end)
