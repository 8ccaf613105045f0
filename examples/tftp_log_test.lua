-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local log = script("tftp_log.lua")

test("requests and errors pass as they are", function()
  for _, payload in ipairs { "\0\1file\0octet\0", "\0\5\0\1no such file\0", "\0\1file", "x" } do
    local p = packet.udp{ sport = 69, dport = 69, payload = payload }
    local verdict, after = log.process_packet(p)
    equal(verdict, XT_CONTINUE)
    equal(after, p)
  end
end)
