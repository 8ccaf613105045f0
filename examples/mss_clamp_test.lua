-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local clamp = script("mss_clamp.lua")

test("a larger one gets smaller, a smaller one stays, and so do packets without", function()
  local _, after = clamp.process_packet(packet.tcp{ flags = 2, options = "\2\4\x05\xb4" })
  equal(after, packet.tcp{ flags = 2, options = "\2\4\x04\xb0" })
  local small = packet.tcp{ flags = 2, options = "\1\2\4\x02\x00\0\0\0" }
  _, after = clamp.process_packet(small)
  equal(after, small)
  local none = packet.tcp{ flags = 16 }
  _, after = clamp.process_packet(none)
  equal(after, none)
end)
