-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A chain through a table with weak keys: each pass of the collector found one link of it.
local function chain(n)
  local t, keys = setmetatable({}, { __mode = "k" }), {}
  for i = 1, n do keys[i] = {} end
  for i = 1, n - 1 do t[keys[i]] = keys[i + 1] end
  return t, keys[1]
end

local kept, first = chain(3000)
function process_packet(p)
  for i = 1, 20 do collectgarbage() end
  return XT_CONTINUE
end
