-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An __index chain as long as Lua allows, looked up from C functions.
local first = {}
do
  local t = first
  for i = 1, 1990 do
    local next = {}
    setmetatable(t, { __index = next, __newindex = next })
    t = next
  end
end
function process_packet(p)
  while true do
    pcall(table.concat, first, "", 1, 100)
    pcall(table.unpack, first, 1, 5000)
    pcall(table.move, first, 1, 1000, 2)
    pcall(string.gsub, ("x"):rep(5000), "x", first)
  end
end
