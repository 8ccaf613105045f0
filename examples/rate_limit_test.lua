-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local limiter = script("rate_limit.lua")

local function passed(n, source, version)
  local count = 0
  for _ = 1, n do
    local p = packet.udp{ [version or "ip"] = {}, src = source, dport = 53 }
    if limiter.process_packet(p) == XT_CONTINUE then count = count + 1 end
  end
  return count
end

test("a source may send its burst, and then fifty a second", function()
  equal(passed(150, "10.0.0.1"), 100)
  equal(passed(10, "10.0.0.2"), 10)
  clock.advance(1000)
  equal(passed(150, "10.0.0.1"), 50)
  clock.advance(20)
  equal(passed(2, "10.0.0.1"), 1)
  clock.advance(60000)
  equal(passed(150, "10.0.0.1"), 100)
end)

test("of IPv6 a network is one source", function()
  equal(passed(60, "2001:db8::1", "ip6"), 60)
  equal(passed(60, "2001:db8::2", "ip6"), 40)
  equal(passed(60, "2001:db8:0:1::1", "ip6"), 60)
end)

test("what is not IP goes on", function()
  for _ = 1, 200 do equal((limiter.process_packet(packet.arp{})), XT_CONTINUE) end
end)

test("a flood from very many sources has the limit that all have in common", function()
  clock.advance(60000)
  local count = 0
  for i = 1, 25000 do count = count + passed(1, "10." .. i // 65536 .. "." .. i // 256 % 256 .. "." .. i % 256) end
  equal(count, 20000)
end)
