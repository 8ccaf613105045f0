-- SPDX-License-Identifier: MIT OR GPL-2.0-only
test("an error for want of memory names the line of the function that wanted it", function()
  script("full.lua").process_packet(packet.udp{ src = "10.0.0.1", dst = "10.0.0.2", payload = "x" })
  raises(function() clock.advance(10) end, "full.lua:9: not enough memory")
end)
