-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local delay = script("delay.lua")

local function give(n)
  for i = 1, n do
    equal(delay.process_packet(packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = i, dport = 53, payload = "x" }), NF_DROP)
  end
end

test("packets come 50 ms later, in order", function()
  give(20)
  local _, early = clock.advance(49)
  equal(#early, 0)
  local _, sent = clock.advance(1)
  local last = 0
  for _, p in ipairs(sent) do
    equal(p.payload, "x")
    if p.udp.sport <= last then error("port " .. p.udp.sport .. " comes after " .. last) end
    last = p.udp.sport
  end
end)

test("and one in ten does not", function()
  give(2000)
  local _, sent = clock.advance(50)
  if #sent < 1740 or #sent > 1860 then error(#sent .. " of 2000 came") end
end)
