-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Lists of 7,000 values are unpacked, selected from, packed, joined and compared.
local list = {}
for i = 1, 7000 do list[i] = i end
function process_packet(p)
  while true do
    for i = 1, 7000, 700 do local x = select(i, table.unpack(list)) end
    local n = math.max(table.unpack(list))
    n = select("#", table.unpack(list))
    n = #table.pack(table.unpack(list))
    pcall(string.char, table.unpack(list, 1, 255))
    pcall(coroutine.wrap(function(...) coroutine.yield(...) end), table.unpack(list))
  end
end
