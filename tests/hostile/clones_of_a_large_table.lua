-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A table as large as the memory lets it be is cloned over and over, also where there is no memory for another one.
local t = {}
pcall(function()
  for i = 1, 1 << 20 do t[i << 8] = i end
end)
function process_packet(p)
  while true do
    pcall(table.clone, t)
    local kept = {}
    for i = 1, 10 do kept[i] = pcall(table.clone, { table.unpack(kept) }) end
  end
end
