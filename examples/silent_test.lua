-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local silent = script("silent.lua")

local function from(host) silent.process_packet(packet.udp{ src = host, dport = 53, payload = "x" }) end

test("a host that goes on is not silent", function()
  from("10.0.0.1")
  for _ = 1, 100 do
    clock.advance(30000)
    from("10.0.0.1")
  end
end)

test("one that stops is told once, a minute later", function()
  from("10.0.0.2")
  clock.advance(59999)
  from("10.0.0.1")
  clock.advance(200000)
end)
