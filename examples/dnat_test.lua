-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What dnat.lua does:  packetscript test examples
local dnat = script("dnat.lua")

test("packets go somewhere else, and nothing else of them changes", function()
  local sent = { src = "10.0.0.1", dst = "8.8.8.8", sport = 1000, dport = 53, payload = "question" }
  local verdict, packet_after = dnat.process_packet(packet.udp(sent))
  sent.dst = "2.1.1.1"
  equal(verdict, XT_CONTINUE)
  equal(packet_after, packet.udp(sent))
end)

test("without a link layer too, as in OUTPUT", function()
  local verdict, after = dnat.process_packet(packet.tcp{ dst = "8.8.8.8", eth = false })
  equal(verdict, XT_CONTINUE)
  equal(after.ip.daddr, "2.1.1.1")
end)

test("what is not IP is dropped", function()
  local arp = packet.eth{ type = 0x0806, payload = ("\0"):rep(28) }
  equal(dnat.process_packet(arp), NF_DROP)
end)
