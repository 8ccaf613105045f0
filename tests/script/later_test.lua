-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Timers and deferred work, by the clock of tests.
local later = script("later.lua")
local p = packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", payload = "x" }

test("a timer runs when it is due, and not before", function()
  later.arm(p)
  clock.advance(999)
  equal(later.has_fired(p), NF_DROP)
  clock.advance(1)
  equal(later.has_fired(p), NF_ACCEPT)
  equal(later.cancel(p), NF_DROP)
end)

test("one that is cancelled does not", function()
  later.arm(p)
  clock.advance(500)
  equal(later.cancel(p), NF_ACCEPT)
  equal(later.cancel(p), NF_DROP)
  clock.advance(5000)
  equal(later.has_fired(p), NF_ACCEPT)
end)

test("an hour of seconds takes no time", function()
  later.start(p)
  clock.advance(3600 * 1000)
  equal(later.had_an_hour(p), NF_ACCEPT)
end)

test("work is done in the other Lua state, with the packet as it was", function()
  local defer = script("later.lua")
  local now = clock.advance(0)
  defer.defer(p)
  clock.advance(499)
  raises(function() clock.advance(2) end, "7 10.0.0.1 false " .. now + 500)
  clock.advance(10000)
end)

test("what work asks for comes in its turn", function()
  local chain = script("later.lua")
  local now = clock.advance(0)
  chain.chain(p)
  raises(function() clock.advance(3600 * 1000) end, "sixty at " .. now + 3600 * 1000)
end)

test("the error of a timer is raised once", function()
  later.late_error(p)
  raises(function() clock.advance(10) end, "later.lua:37: a timer's")
  clock.advance(10)
end)

-- the last one: it goes on
test("what is due at once for ever lets time pass", function()
  local forever = script("later.lua")
  forever.forever(p)
  local now = clock.advance(0)
  equal(clock.advance(5), now + 5)
end)
