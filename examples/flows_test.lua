-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What flows.lua does:  packetscript test examples
local flows = script("flows.lua")

local function from(port)
  return packet.udp{ src = "192.0.2.1", dst = "8.8.8.8", sport = port, dport = 53 }
end

test("20,000 connections", function()
  for i = 1, 20000 do
    equal(flows.process_packet(from(1024 + i)), XT_CONTINUE)
  end
end)

test("what is neither TCP nor UDP is not counted", function()
  equal(flows.process_packet(packet.icmp{}), XT_CONTINUE)
end)

test("a state of 128 KiB is too small for that, and says so", function()
  local small = script("flows.lua", { memory = "128K" })
  raises(function()
    for i = 1, 20000 do small.process_packet(from(i)) end
  end, "of 128 KiB are held")
end)
