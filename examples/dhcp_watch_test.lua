-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local watch = script("dhcp_watch.lua")

local function reply(from, options)
  return packet.udp{ src = from, sport = 67, dport = 68,
    payload = "\2\1\6\0" .. ("\0"):rep(232) .. "\x63\x82\x53\x63" .. options .. "\xff" }
end

test("what an unknown server says is dropped", function()
  equal(watch.process_packet(reply("192.0.2.1", "\53\1\5")), XT_CONTINUE)
  equal(watch.process_packet(reply("192.0.2.9", "\53\1\2")), NF_DROP)
  equal(watch.process_packet(reply("192.0.2.9", "\12\1\2")), XT_CONTINUE)
end)
