-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What flows.lua does:  packetscript test examples
local flows = script("flows.lua", { memory = "8M" })

local function from(port)
  return packet.udp{ src = "192.0.2.1", dst = "8.8.8.8", sport = port, dport = 53 }
end

test("20,000 connections", function()
  for i = 1, 20000 do
    equal(flows.process_packet(from(1024 + i)), XT_CONTINUE)
  end
end)

test("a large one", function()
  for _ = 1, 1100 do equal(flows.process_packet(from(7)), XT_CONTINUE) end
end)

test("what is neither TCP nor UDP is counted, too; what is not IP is not", function()
  for _ = 1, 1000 do equal(flows.process_packet(packet.icmp{}), XT_CONTINUE) end
  equal(flows.process_packet(packet.arp{}), XT_CONTINUE)
end)

test("a state of 128 KiB has fewer of them", function()
  local small = script("flows.lua", { memory = "128K" })
  for i = 1, 20000 do equal(small.process_packet(from(i)), XT_CONTINUE) end
end)
