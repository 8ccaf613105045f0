-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The comparison of a sort sorts another table, whose comparison sorts again.
local t = {}
for i = 1, 200 do t[i] = i * 7919 % 200 end
local function sort(depth)
  table.sort({ table.unpack(t) }, function(a, b)
    if depth > 0 then sort(depth - 1) end
    return a < b
  end)
end
function process_packet(p)
  sort(5)
  return XT_CONTINUE
end
