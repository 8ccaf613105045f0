-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Two hundred operands, strings of 3,000 bytes and objects in turn, each joined by a metamethod.
local o = setmetatable({}, { __concat = function(a, b) return type(a) == "string" and a or b end })
local s = ("x"):rep(3000)
local parts = {}
for i = 1, 200 do parts[i] = i % 2 == 0 and "o" or "s" end
local join = load("local o, s = ... return " .. table.concat(parts, " .. "))
local all = load("local o, s = ... return " .. ("s .. "):rep(199) .. "s")
function process_packet(p)
  while true do pcall(join, o, s) pcall(all, o, s) end
end
