-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings of 20,000 bytes that differ in their last are sorted, by C functions too.
local t = {}
for i = 1, 30 do t[i] = ("x"):rep(20000) .. string.char(i * 7 % 30) end
function process_packet(p)
  while true do
    table.sort(t)
    table.sort(t, function(a, b) return a > b end)
    pcall(table.sort, t, rawequal)
    pcall(table.sort, t, math.max)
  end
end
