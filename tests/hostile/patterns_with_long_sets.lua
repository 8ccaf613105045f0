-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sets of 1,900 ranges and classes, tried at each byte of a string.
local set = "[" .. ("%d%a%s"):rep(320) .. "]"
local ranges = "[^" .. ("a-b"):rep(640) .. "]"
local s = ("!"):rep(2000)
function process_packet(p)
  while true do
    s:find(set) s:find(set .. "-%d") s:match(ranges .. "*x") s:gsub(ranges, "") s:find("^" .. ranges .. "+x")
  end
end
