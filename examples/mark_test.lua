-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local mark = script("mark.lua")

for dscp, way in pairs{ [46] = 0x10, [34] = 0x10, [8] = 0x20, [1] = 0x20, [0] = 0, [45] = 0 } do
  test("DSCP " .. dscp .. " has its mark, and no byte is changed", function()
    local packet = packet.udp{ ip = { tos = dscp << 2 | 3 } }
    local verdict, after = mark.process_packet(packet)
    equal(verdict, XT_CONTINUE)
    equal(after, packet)
    equal(after.mark, way)
    equal(packet.mark, 0)
  end)
end

test("what has no DSCP passes", function()
  for _, other in ipairs{ packet.arp{}, packet.udp{ ip6 = {} } } do
    local verdict, after = mark.process_packet(other)
    equal(verdict, XT_CONTINUE)
    equal(after.mark, 0)
  end
end)
