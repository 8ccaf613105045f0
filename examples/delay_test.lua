-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local delay = script("delay.lua")

local function give(sport)
  equal(delay.process_packet(packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = sport, dport = 53, payload = "x" }), NF_STOLEN)
end

test("packets come 47 to 53 ms later", function()
  for port = 1, 100 do give(port) end
  local _, early = clock.advance(46)
  equal(#early, 0)
  local count, most = 0, 0
  for _ = 47, 53 do
    local _, sent = clock.advance(1)
    count, most = count + #sent, math.max(most, #sent)
    for _, p in ipairs(sent) do equal(p.payload, "x") end
  end
  if count < 75 or most == count then error(count .. " came, " .. most .. " at once") end
end)

test("and one in ten does not", function()
  for _ = 1, 5000 do give(1) end
  local _, sent = clock.advance(60)
  if #sent < 4360 or #sent > 4640 then error(#sent .. " of 5000 came") end
end)

test("those of a flow stay in order", function()
  local last = 0
  for id = 1, 1000 do
    local p = packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", sport = 9, dport = 53, ip = { id = id } }
    equal(delay.process_packet(p), NF_STOLEN)
    local _, sent = clock.advance(1)
    for _, late in ipairs(sent) do
      if late.ip.id <= last then error(late.ip.id .. " comes after " .. last) end
      last = late.ip.id
    end
  end
  if last < 900 then error(last .. " was the last one that came") end
end)
