-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A reader gives one byte at a time, without end, or calls load itself, or gives nothing but wrong values.
local function endless() return "x" end
local function spaces() return " " end
local function nested(n) return function() return n > 0 and load(nested(n - 1)) and nil end end
function process_packet(p)
  for i = 1, 3 do
    load(nested(150)) load(function() return {} end) load(function() return "" end)
    pcall(load, endless) pcall(load, spaces)
    local co = coroutine.wrap(function() load(function() coroutine.yield() end) end)
    pcall(co)
  end
  return XT_CONTINUE
end
