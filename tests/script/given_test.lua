-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What functions are given, and those of matches.
test("a match says true or false", function()
  local far = script("given.lua", { match = true })
  equal(far.match_packet(packet.udp{ ttl = 4 }), true)
  equal(far.match_packet(packet.udp{ ttl = 5 }), false)
  equal(far.match_packet(packet.udp{ ip6 = {} }), false)
end)

test("and nothing else, and writes nothing", function()
  local far = script("given.lua", { match = true })
  raises(function() far.writes(packet.udp{}) end, "given.lua:7: the packet is read-only")
  raises(function() far.answers(packet.udp{}) end, "the handler returned 1, which is neither true nor false")
end)

test("functions get the header that is asked for", function()
  equal(script("given.lua", { match = true, object = "ip" }).is_near(packet.udp{ ttl = 64 }), true)
  equal(script("given.lua", { match = true, object = "ip6" }).is_near(packet.udp{ ttl = 64 }), false)
  local verdict, after = script("given.lua", { object = "ip" }).process_packet(packet.udp{ ttl = 64 })
  equal(verdict, NF_ACCEPT)
  equal(after, packet.udp{ ttl = 9 })
end)

test("there is no other", function()
  raises(function() script("given.lua", { object = "tcp" }) end, 'object = "tcp": give raw, eth, arp, ip or ip6')
end)
