-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local flows = script("flows.lua")
test("20,000 connections", function()
  for i = 1, 20000 do
    equal(flows.process_packet(packet.udp{ src = "192.0.2.1", dst = "8.8.8.8", sport = 1024 + i, dport = 53 }), XT_CONTINUE)
  end
end)
