-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A table is filled up, emptied and filled with other keys, so that each insertion counts all keys.
function process_packet(p)
  local t = {}
  while true do
    for i = 1, 8192 do t[-i] = true end
    for i = 1, 8192 do t[-i] = nil end
    for i = 1, 8192 do t["k" .. i % 64] = i end
    for i = 1, 64 do t["k" .. i] = nil end
    for i = 1 << 40, (1 << 40) + 5000 do t[i] = i end
    for k in pairs(t) do t[k] = nil end
  end
end
