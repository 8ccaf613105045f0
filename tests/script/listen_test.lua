-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Functions that are called for the values of queues. One state: those of one file share the values.
local s = script("listen.lua")
local function from(source, ttl) return packet.udp{ src = source, ttl = ttl } end

test("what comes into a queue is handled in the Lua state that listens, when time may pass", function()
  for _ = 1, 3 do s.process_packet(from("10.0.0.1")) end
  equal(s.were_counted(from("10.0.0.1", 3)), NF_DROP)
  local now = clock.advance(0)
  equal(clock.advance(0), now)
  equal(s.were_counted(from("10.0.0.1", 3)), NF_ACCEPT)
end)

test("a function that fails is told of, with its line, and the next value comes", function()
  s.process_packet(from("10.0.0.1"))
  s.process_packet(from("10.0.0.66"))
  s.process_packet(from("10.0.0.1"))
  raises(function() clock.advance(0) end, "listen.lua:11: evil after 5")
  equal(s.were_counted(from("10.0.0.1", 6)), NF_ACCEPT)
end)

test("what leads to itself lets time pass, and ends when nobody listens", function()
  s.endless(from("10.0.0.1"))
  local now = clock.advance(0)
  equal(clock.advance(5), now + 5)
  equal(s.stop(from("10.0.0.1")), NF_ACCEPT)
  clock.advance(5)
  equal(s.left(from("10.0.0.1")), NF_ACCEPT)
end)

test("who comes later gets what waits", function()
  s.fill(from("10.0.0.1"))
  clock.advance(1000)
  equal(s.took(from("10.0.0.1")), NF_DROP)
  s.take(from("10.0.0.1"))
  local now = clock.advance(0)
  equal(clock.advance(0), now)
  equal(s.took(from("10.0.0.1")), NF_ACCEPT)
end)
