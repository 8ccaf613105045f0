-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local ttl = script("ttl.lua")

test("IP and IPv6 get it, with checksums right", function()
  local _, after = ttl.process_packet(packet.udp{ ttl = 3 })
  equal(after, packet.udp{ ttl = 64 })
  _, after = ttl.process_packet(packet.udp{ ip6 = { hop_limit = 255 } })
  equal(after, packet.udp{ ip6 = { hop_limit = 64 } })
end)

test("other packets pass", function()
  equal(ttl.process_packet(packet.arp{}), XT_CONTINUE)
end)
