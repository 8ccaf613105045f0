-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The module checks, which is installed.
local checks = script("uses_checks.lua")

for _, name in ipairs{ "addresses", "ports", "flags", "names", "recent" } do
  test("the module checks knows " .. name, function()
    equal((checks[name](packet.udp{ src = "192.168.1.2", dst = "8.8.8.8" })), XT_CONTINUE)
  end)
end
