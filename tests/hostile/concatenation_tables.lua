-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- table.concat of 20,000 strings and numbers.
local t = {}
for i = 1, 20000 do t[i] = i % 2 == 0 and i or "x" end
function process_packet(p)
  while true do local s = table.concat(t, ", ") end
end
