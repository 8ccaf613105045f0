-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Several states that listen to one queue share its values.
local all = {}
for i = 1, 3 do all[i] = script("listeners.lua", { state = i }) end
local p = packet.udp{ ttl = 9 }

test("one state gets each value, and those that waited longest come first", function()
  for _ = 1, 9 do
    all[1].process_packet(p)
    clock.advance(0)
  end
  for i = 1, 3 do
    local verdict, after = all[i].had(p)
    equal(verdict, NF_ACCEPT)
    equal(after.ip.ttl, 3)
  end
end)
