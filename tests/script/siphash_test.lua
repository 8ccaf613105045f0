-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The module siphash, which is installed.
local uses = script("uses_siphash.lua")

test("the module siphash computes SipHash-2-4", function()
  equal((uses.vector(packet.udp{})), NF_ACCEPT)
  equal((uses.other(packet.udp{})), NF_DROP)
end)
