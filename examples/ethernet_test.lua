-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What ethernet.lua does:  packetscript test examples
local ethernet = script("ethernet.lua")

test("a low TTL is raised, with a tag and without one", function()
  local _, after = ethernet.process_packet(packet.udp{ ttl = 1 })
  equal(after, packet.udp{ ttl = 2 })
  _, after = ethernet.process_packet(packet.udp{ vlan = { vid = 5 }, ttl = 1 })
  equal(after, packet.udp{ vlan = { vid = 5 }, ttl = 2 })
end)

test("other frames pass as they are", function()
  for _, other in ipairs{ packet.udp{ ttl = 64 }, packet.arp{}, packet.udp{ ip6 = {}, hop_limit = 1 }, packet.hex("0102") } do
    local verdict, after = ethernet.process_packet(other)
    equal(verdict, XT_CONTINUE)
    equal(after, other)
  end
end)

test("as the thesis prints it", function()
  local printed = script("ethernet_as_printed.lua")
  local before = packet.udp{ vlan = { vid = 5 }, payload = "payload" }
  local verdict, after = printed.process_packet(before)
  equal(verdict, XT_CONTINUE)
  equal(after, before)
  equal(printed.process_packet(packet.udp{}), XT_CONTINUE)
end)
