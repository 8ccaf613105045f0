-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The clock of scripts, which only tests move; and what else the library nf has.
local time = script("time.lua")

test("no time passes by itself", function()
  equal((time.process_packet(packet.udp())), NF_ACCEPT)
  equal((time.process_packet(packet.udp())), NF_DROP)
end)

test("clock.advance() lets it pass, and says what time it is", function()
  equal((time.is_as_loaded(packet.udp())), NF_ACCEPT)
  local before = clock.advance(0)
  equal(clock.advance(999), before + 999)
  equal((time.process_packet(packet.udp())), NF_DROP)
  clock.advance(1000)
  equal((time.process_packet(packet.udp())), NF_ACCEPT)
  equal((time.is_as_loaded(packet.udp())), NF_DROP)
end)

test("it never goes back", function()
  local before = clock.advance(0)
  raises(function() clock.advance(-1) end, "the clock goes on by 0 ms to 10 years")
  raises(function() clock.advance(1 << 62) end, "the clock goes on by 0 ms to 10 years")
  for _ = 1, 40 do clock.advance(10 * 365 * 24 * 3600 * 1000) end   -- at its end it stays
  equal(clock.advance(0) > before, true)
  equal(clock.advance(10 * 365 * 24 * 3600 * 1000), clock.advance(0))
end)

test("time is told in milliseconds and nanoseconds", function()
  equal((time.units(packet.udp())), NF_ACCEPT)
  raises(function() time.unknown_unit(packet.udp()) end, "bad argument #1 to 'get_time' (there is no unit 's': give \"ms\" or \"ns\")")
end)

test("random numbers have 32 bits", function()
  equal((time.random(packet.udp())), NF_ACCEPT)
end)

test("a level of the log is one of the kernel's", function()
  for _, name in ipairs{ "unknown_level", "level_of_8", "no_level" } do
    raises(function() time[name](packet.udp()) end, "bad argument #1 to 'log'")
  end
end)
