-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As units.lua, of shared tables that have 1,000 and a million entries. Each packet has another key.
local function make(n, prefix)
  local t = shared.table(tostring(n) .. prefix, { keep = true })
  if #t == n then return t end
  for i = 0, n - 1 do t[prefix == "" and i or prefix .. i] = i end
  return t
end

small, large, texts = make(1000, ""), make(1000000, ""), make(1000, "host")

local function key(n) return "k = (k * 1103515245 + 12345) % " .. n .. " local x, t, k = 0, t, k" end
local function text(n) return key(n) .. " k = 'host' .. k" end

local functions = require("operations")({
  shared_get      = { "local t, k = small, 0", key(1000), "x = t[k]" },
  shared_get_1m   = { "local t, k = large, 0", key(1000000), "x = t[k]" },
  shared_text     = { "local t, k = texts, 0", text(1000), "x = t[k]" },
  shared_set      = { "local t, k = small, 0", key(1000), "t[k] = 7" },
  shared_set_1m   = { "local t, k = large, 0", key(1000000), "t[k] = 7" },
  shared_add      = { "local t, k = small, 0", key(1000), "t:add(k, 1)" },
  shared_add_1m   = { "local t, k = large, 0", key(1000000), "t:add(k, 1)" },
})

for name, f in pairs(functions) do _G[name] = f end
