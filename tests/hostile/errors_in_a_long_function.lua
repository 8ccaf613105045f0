-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The message names a variable, which is looked for from the function's first instruction on.
local n = 0
local line = ("x = y "):rep(500)
local function read()
  n = n + 1
  return n == 1 and "local x, y = 1, 2 " or n < 100 and line or n == 100 and "local t = {} t = t.a.b.c.d" or nil
end
local f = assert(load(read))
function process_packet(p)
  while true do pcall(f) end
end
