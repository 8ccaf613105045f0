-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A function of jumps, each of which leads to one that leads to itself: the compiler follows each a hundred times.
local line = ("goto l "):rep(1000)
local function read()
  local n = 0
  return function()
    n = n + 1
    return n == 1 and "::l:: " or n < 125 and line or nil
  end
end
function process_packet(p)
  for i = 1, 100 do assert(load(read())) end
  return XT_CONTINUE
end
