-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local mac = script("mac.lua")

test("frames leave with the other address", function()
  local _, after = mac.outgoing(packet.udp{ smac = "02:00:00:00:00:01", dmac = "02:00:00:00:00:02" })
  equal(after, packet.udp{ smac = "02:00:00:00:00:99", dmac = "02:00:00:00:00:02" })
end)

test("answers find the host", function()
  local _, after = mac.incoming(packet.udp{ smac = "02:00:00:00:00:02", dmac = "02:00:00:00:00:99" })
  equal(after, packet.udp{ smac = "02:00:00:00:00:02", dmac = "02:00:00:00:00:01" })
end)

test("ARP says the other address, too", function()
  local inside, outside, other = "02:00:00:00:00:01", "02:00:00:00:00:99", "02:00:00:00:00:02"
  local _, question = mac.outgoing(packet.arp{ smac = inside, sha = inside })
  equal(question, packet.arp{ smac = outside, sha = outside })
  local _, answer = mac.incoming(packet.arp{ oper = 2, smac = other, dmac = outside, sha = other, tha = outside })
  equal(answer, packet.arp{ oper = 2, smac = other, dmac = inside, sha = other, tha = inside })
end)

test("other hosts keep theirs", function()
  local frame = packet.udp{ smac = "02:00:00:00:00:03", dmac = "02:00:00:00:00:03" }
  for _, direction in ipairs{ mac.outgoing, mac.incoming } do
    local _, after = direction(frame)
    equal(after, frame)
  end
end)
