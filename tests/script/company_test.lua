-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local company = script("company.lua")

test("a packet's mark and priority can be set, and begin with 0", function()
  equal(company.process_packet(packet.udp{ dport = 53 }), NF_DROP)
  equal(company.process_packet(packet.udp{ dport = 54 }), XT_CONTINUE)
  equal(company.process_packet(packet.arp{}), XT_CONTINUE)
end)

test("the packet that comes of a handler has what was set, also for the next one", function()
  local _, after = company.process_packet(packet.udp{ dport = 54 })
  equal(after.mark, 54)
  equal(after.priority, 3)
  equal(packet.udp{}.mark, 0)
  equal(script("company.lua", { match = true }).is_marked(after), true)
  local _, header = script("company.lua", { object = "ip" }).header(packet.udp{})
  equal(header.mark, 9)
end)

test("a match may not set them", function()
  equal(script("company.lua", { match = true }).is_marked(packet.udp{ dport = 53 }), false)
end)

test("headers have them, too", function()
  equal(script("company.lua", { object = "ip" }).header(packet.udp{}), XT_CONTINUE)
end)
