-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What two states have in common.
local a, b = script("shares.lua", { state = 1 }), script("shares.lua", { state = 2 })
local function from(source) return packet.udp{ src = source } end
local p = from("10.0.0.1")

test("a counter counts what all states have seen", function()
  equal(a.process_packet(p), XT_CONTINUE)
  equal(b.process_packet(p), XT_CONTINUE)
  equal(a.process_packet(p), XT_CONTINUE)
  equal(b.process_packet(p), NF_DROP)
  equal(a.process_packet(from("10.0.0.2")), XT_CONTINUE)
end)

test("a time to live begins with the first one", function()
  clock.advance(999)
  equal(a.process_packet(p), NF_DROP)
  clock.advance(1)
  equal(b.process_packet(p), XT_CONTINUE)
end)

test("a queue gives the other state what was sent, in order, up to its size", function()
  for _ = 1, 3 do a.process_packet(from("10.0.0.9")) end
  equal(a.process_packet(from("10.0.0.9")), NF_STOLEN)
  for _ = 1, 2 do
    local verdict, after = b:report(p)
    equal(verdict, XT_CONTINUE)
    equal(after.ip.saddr, "10.0.0.1")
  end
  equal(b.report(p), NF_ACCEPT)
  equal(a.process_packet(from("10.0.0.9")), NF_DROP)
  local _, after = b:report(p)
  equal(after.ip.saddr, "10.0.0.9")
end)

test("a table that is gone through may be changed", function()
  clock.advance(5000)
  for i = 1, 200 do a.process_packet(from("10.0.1." .. i)) end
  local verdict, after = b:entries(p)
  equal(verdict, XT_CONTINUE)
  equal(after.ip.ttl, 200)
  verdict, after = a:entries(p)
  equal(verdict, XT_CONTINUE)
  equal(after.ip.ttl, 0)
end)

test("a value may be larger than what a state holds, and is read in parts", function()
  equal(a.large(p), XT_CONTINUE)
  equal(b.large(p), XT_CONTINUE)
end)
