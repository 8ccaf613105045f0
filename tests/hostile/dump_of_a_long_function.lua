-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- string.dump writes a function of many instructions, constants and lines.
local n = 0
local line = ("x = y\n"):rep(500)
local function read()
  n = n + 1
  return n == 1 and "local x, y = 1, 2 " or n < 100 and line or nil
end
local f = assert(load(read))
function process_packet(p)
  while true do pcall(string.dump, f) end
end
