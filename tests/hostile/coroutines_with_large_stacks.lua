-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each coroutine keeps a stack of 7,000 values, which the collector walks through.
local list = {}
for i = 1, 6000 do list[i] = i end
local function body() coroutine.yield(table.unpack(list)) end
function process_packet(p)
  while true do
    local all = {}
    for i = 1, 4 do
      all[i] = coroutine.create(body)
      pcall(coroutine.resume, all[i])
    end
    collectgarbage()
  end
end
