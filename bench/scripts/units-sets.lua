-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As units.lua, of sets of 1,000 prefixes: the script's own, and the same with a name, which the benchmark has filled.
local prefixes = { "192.168.0.0/24" }
for i = 0, 998 do
  prefixes[i + 2] = 11 + (i >> 8) .. "." .. (i & 255) .. ".0.0/16"
end
own, named = set.new(prefixes), set.named("bench")
prefixes = nil

local functions = require("operations")({
  set_own   = { "local s = own", "local x, s, a = 0, s, ip.saddr", "x = s:has(a)" },
  set_named = { "local s = named", "local x, s, a = 0, s, ip.saddr", "x = s:has(a)" },
})

for name, f in pairs(functions) do _G[name] = f end
