-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Token buckets, by the clock of tests.
local limit = script("limit.lua")

local function passed(handler, n, source)
  local count = 0
  for _ = 1, n do
    if handler(packet.udp{ src = source or "10.0.0.1" }) == NF_ACCEPT then count = count + 1 end
  end
  return count
end

test("a source may send its burst, and then as the rate says", function()
  for _, handler in ipairs{ limit.process_packet, limit.as_text } do
    equal(passed(handler, 20), 5)
    equal(passed(handler, 20, "10.0.0.2"), 5)
    clock.advance(300)
    equal(passed(handler, 20), 3)
    clock.advance(99)
    equal(passed(handler, 20), 0)
    clock.advance(1)
    equal(passed(handler, 20), 1)
    clock.advance(3600 * 1000)
    equal(passed(handler, 20), 5)
  end
end)

test("where there are too many sources, the one that was idle longest goes", function()
  for i = 1, 4 do equal(passed(limit.process_packet, 20, "10.0.1." .. i), 5) end
  equal(passed(limit.process_packet, 20, "10.0.1.2"), 0)
  equal(passed(limit.process_packet, 20, "10.0.1.1"), 5)
end)

test("a period may be longer than a second", function()
  equal(passed(limit.a_minute, 10), 3)
  clock.advance(19999)
  equal(passed(limit.a_minute, 10), 0)
  clock.advance(1)
  equal(passed(limit.a_minute, 10), 1)
end)

test("what is wrong with options is said, with the line", function()
  raises(function() limit.misspelt(packet.udp()) end,
         "limit.lua:18: nf.limit: there is no option 'brust': there are rate, burst, per, size and key")
  raises(function() limit.no_rate(packet.udp()) end, "limit.lua:19: nf.limit: rate is missing")
end)
