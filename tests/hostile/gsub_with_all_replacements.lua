-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- gsub and gmatch with a string, table and function, all of them slow.
local s = ("ab"):rep(5000)
local t = setmetatable({}, { __index = function(_, k) return s:sub(1, 20) end })
function process_packet(p)
  while true do
    pcall(s.gsub, s, ".", t)
    pcall(s.gsub, s, "(.)(.)", function(a, b) return b .. a end)
    pcall(s.gsub, s, "", ("%0"):rep(100))
    pcall(s.gsub, s, "", "%%")
    pcall(s.gsub, s, "", string.rep)
    for a in s:gmatch("()") do end
  end
end
