-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What arp_guard.lua does:  packetscript test examples
local guard = script("arp_guard.lua").process_packet

local function says(from, address, at)
  return guard(packet.arp{ smac = from, spa = address, sha = at, tpa = "192.0.2.9" })
end

test("an address belongs to its owner", function()
  equal(says("52:54:00:00:00:01", "192.0.2.1", "52:54:00:00:00:01"), XT_CONTINUE)
  equal(says("52:54:00:00:00:02", "192.0.2.1", "52:54:00:00:00:02"), NF_DROP)
end)

test("nobody speaks in another's name", function()
  equal(says("52:54:00:00:00:02", "192.0.2.1", "52:54:00:00:00:01"), NF_DROP)
  equal(says("52:54:00:00:00:02", "192.0.2.7", "52:54:00:00:00:03"), NF_DROP)
end)

test("addresses without an owner, and what is no ARP, pass", function()
  equal(says("52:54:00:00:00:02", "192.0.2.7", "52:54:00:00:00:02"), XT_CONTINUE)
  equal(guard(packet.udp{ smac = "52:54:00:00:00:02" }), XT_CONTINUE)
end)
