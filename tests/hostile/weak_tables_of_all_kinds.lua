-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Weak values, weak keys and both, in tables that hold each other, all cleared in the atomic phase.
local kinds = { { __mode = "k" }, { __mode = "v" }, { __mode = "kv" } }
local all = {}
for i = 1, 60 do
  all[i] = setmetatable({}, kinds[i % 3 + 1])
  for j = 1, 60 do all[i][{}] = {} all[i][j] = all[j] or {} end
end
function process_packet(p)
  while true do
    for i = 1, 60 do all[i][{}] = {} all[i].x = all end
    collectgarbage()
  end
end
