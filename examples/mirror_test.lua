-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local mirror = script("mirror.lua")

test("a copy of a frame is sent as it came", function()
  for _, p in ipairs{ packet.udp{ payload = "hello" }, packet.tcp{ ip6 = {}, payload = "hello" }, packet.udp{ vlan = { vid = 5 }, check = 1 } } do
    local verdict, after, sent = mirror.process_packet(p)
    equal(verdict, XT_CONTINUE)
    equal(after, p)
    equal(#sent, 1)
    equal(sent[1].bytes, p.bytes)
  end
end)

test("one without a link layer gets one", function()
  local _, _, sent = mirror.process_packet(packet.udp{ eth = false, payload = "hello" })
  equal(sent[1], packet.udp{ payload = "hello", eth = { dmac = "00:00:00:00:00:00", smac = "00:00:00:00:00:00" } })
  _, _, sent = mirror.process_packet(packet.udp{ eth = false, ip6 = {} })
  equal(sent[1].eth.type, 0x86DD)
end)

test("what is no IP is not sent", function()
  local _, _, sent = mirror.process_packet(packet.arp())
  equal(#sent, 0)
end)
