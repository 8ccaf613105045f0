-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- string.format with 6,000 options, with widths, precisions and objects with a __tostring.
local list, objects = {}, {}
local object = setmetatable({}, { __tostring = function() return ("x"):rep(100) end })
for i = 1, 3000 do list[i] = i objects[i] = object end
local widths = ("%99d"):rep(2000)
local strings = ("%-99.99s"):rep(2000)
local plain = ("%s"):rep(2000)
function process_packet(p)
  while true do
    pcall(string.format, widths, table.unpack(list))
    pcall(string.format, strings, table.unpack(list))
    pcall(string.format, plain, table.unpack(objects))
    pcall(string.format, ("%%"):rep(100000))
    pcall(string.format, ("%q"):rep(2000), table.unpack(list))
  end
end
