-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local responder = script("arp_responder.lua", { object = "arp" })

local function asks(t)
  t.sha, t.spa = t.sha or "02:00:00:00:00:01", t.spa or "192.0.2.7"
  return responder.process_packet(packet.arp(t))
end

test("who asks for one of the addresses gets this machine's", function()
  for i = 1, 2 do
    local mac = "02:00:00:00:00:0" .. i
    local verdict, _, sent = asks{ oper = 1, sha = mac, tpa = "198.51.100." .. i }
    equal(verdict, NF_DROP)
    equal(#sent, 1)
    equal(sent[1], packet.arp{ oper = 2, smac = "52:54:00:00:00:51", dmac = mac, sha = "52:54:00:00:00:51",
      spa = "198.51.100." .. i, tha = mac, tpa = "192.0.2.7" })
  end
end)

test("other questions, answers, and who tells of itself go on", function()
  for _, t in ipairs{
    { oper = 1, tpa = "198.51.101.1" }, { oper = 2, tpa = "198.51.100.1" }, { oper = 1, spa = "198.51.100.1", tpa = "198.51.100.1" },
  } do
    local verdict, _, sent = asks(t)
    equal(verdict, XT_CONTINUE)
    equal(#sent, 0)
  end
end)
