-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The state holds 900 KB in small tables, and what is left is filled with garbage again and again.
local held = {}
while collectgarbage("count") < 900 do held[#held + 1] = { {} } end
function process_packet(p)
  while true do
    pcall(string.gsub, "abcdefghijklmnopqrstuvwxyz", "(.)(.)(.)(.)(.)(.)", "%6%5%4%3%2%1")
    pcall(string.format, ("%s"):rep(100), table.unpack(held, 1, 100))
    pcall(string.rep, "x", 40000)
    pcall(table.pack, table.unpack(held, 1, 1000))
    pcall(coroutine.wrap(function() end))
  end
end
