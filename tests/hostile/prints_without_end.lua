-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Lines of 7,000 values, of 200,000 bytes and of objects that print themselves.
local list, long = {}, ("\1"):rep(100000)
for i = 1, 2000 do list[i] = {} end
local o = setmetatable({}, { __tostring = function(o) print(o) return "o" end })
function process_packet(p)
  while true do pcall(print, table.unpack(list)) pcall(print, long) pcall(print, o) end
end
