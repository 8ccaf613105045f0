-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each argument of 6,000 is had by select, which pushes all that follow.
local function sum(...)
  local n = 0
  for i = 1, select("#", ...) do n = n + (select(i, ...)) end
  return n
end
local list = {}
for i = 1, 3000 do list[i] = i end
function process_packet(p)
  while true do sum(table.unpack(list)) end
end
