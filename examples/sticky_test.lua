-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local sticky = script("sticky.lua")

test("without connection tracking, as off the kernel, packets pass as they are", function()
  local packet = packet.tcp{ dport = 80, flags = 2, ip = { daddr = "192.168.0.1" } }
  local verdict, after = sticky.process_packet(packet)
  equal(verdict, XT_CONTINUE)
  equal(after, packet)
end)
