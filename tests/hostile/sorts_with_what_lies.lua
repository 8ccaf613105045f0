-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local t = {}
for i = 1, 4000 do t[i] = i end
function process_packet(p)
  while true do pcall(table.sort, t, function(a, b) return a % 3 < b % 2 end) end
end
