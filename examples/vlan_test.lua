-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local vlan = script("vlan.lua")

test("tags are changed, payloads are not", function()
  local _, after = vlan.process_packet(packet.udp{ vlan = { vid = 10, pcp = 3 }, payload = "x" })
  equal(after, packet.udp{ vlan = { vid = 110, pcp = 3 }, payload = "x" })
end)

test("voice gets its priority", function()
  local _, after = vlan.process_packet(packet.udp{ vlan = { vid = 20 } })
  equal(after, packet.udp{ vlan = { vid = 120, pcp = 5 } })
end)

test("other VLANs end here, frames without a tag pass", function()
  equal(vlan.process_packet(packet.udp{ vlan = { vid = 30 } }), NF_DROP)
  equal(vlan.process_packet(packet.udp{}), XT_CONTINUE)
end)
