-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local mss = script("mss.lua")

local function syn(size, more)
  local fields = { flags = 2, options = string.pack(">BBI2", 2, 4, size) }
  for name, value in pairs(more or {}) do fields[name] = value end
  return packet.tcp(fields)
end

test("a size that is too large is made smaller, with the checksum right", function()
  local _, after = mss.process_packet(syn(1460))
  equal(after, syn(1380))
  _, after = mss.process_packet(syn(1440, { ip6 = {} }))
  equal(after, syn(1360, { ip6 = {} }))
end)

test("others stay as they are", function()
  for _, other in ipairs{ syn(1380), syn(536), packet.tcp{ flags = 2 }, packet.udp{} } do
    local verdict, after = mss.process_packet(other)
    equal(verdict, XT_CONTINUE)
    equal(after, other)
  end
end)
