-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Goes through a shared table of many entries, and one of many buckets that are empty, within one another.
local t, empty = shared.table("many"), shared.table("empty")
for i = 1, 30000 do
  t[i], empty[i] = i, i
end
for i = 1, 30000 do empty[i] = nil end

local function through()
  t:each(function(k)
    empty:each(print)
    if k % 1000 == 0 then pcall(through) end
    t:cas(k, k, k)
    t:slice(k, 0, 1)
  end)
end

function process_packet(p)
  while true do pcall(through) end
end
