-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local responder = script("ping_responder.lua")

local function ping(t)
  t.id, t.sequence, t.payload = 7, 1, "to and fro"
  return t
end

test("a ping to one of the addresses is answered", function()
  local verdict, _, sent = responder.process_packet(packet.icmp(ping{ type = 8, src = "10.0.0.1", dst = "198.51.100.9" }))
  equal(verdict, NF_DROP)
  equal(#sent, 1)
  equal(sent[1], packet.icmp(ping{ eth = false, type = 0, src = "198.51.100.9", dst = "10.0.0.1", ip = { id = sent[1].ip.id } }))
end)

test("of IPv6, too", function()
  local verdict, _, sent = responder.process_packet(packet.icmp6(ping{ type = 128, src = "2001:db8::1", dst = "2001:db8:51::9" }))
  equal(verdict, NF_DROP)
  equal(#sent, 1)
  equal(sent[1], packet.icmp6(ping{ eth = false, type = 129, src = "2001:db8:51::9", dst = "2001:db8::1" }))
end)

test("others go on, unanswered", function()
  for _, p in ipairs{
    packet.icmp(ping{ type = 8, dst = "198.51.101.9" }), packet.icmp(ping{ type = 0, dst = "198.51.100.9" }),
    packet.icmp(ping{ type = 8, dst = "198.51.100.9", ip = { flags = 1 } }), packet.udp{ dst = "198.51.100.9" },
    packet.icmp6(ping{ type = 128, dst = "2001:db8:52::9" }), packet.udp{ dst = "2001:db8:51::9", ip6 = {} },
  } do
    local verdict, _, sent = responder.process_packet(p)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
end)

test("what is cut short is not answered", function()
  local whole = packet.icmp(ping{ type = 8, dst = "198.51.100.9" }).bytes
  for n = 0, #whole - 1 do
    local hex = whole:sub(1, n):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    local _, _, sent = responder.process_packet(packet.hex(hex))
    equal(#sent, 0)
  end
end)
