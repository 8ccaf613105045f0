-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A function has 190 locals and 250 upvalues, in 100 functions around it, and each name is looked for in all.
local parts = {}
for depth = 1, 80 do
  parts[#parts + 1] = "local function f" .. depth .. "() local " .. ("a, "):rep(180) .. "z" .. depth .. " "
end
local open = table.concat(parts)
local uses = ("x = y "):rep(2000)
local close = ("end "):rep(80)
function process_packet(p)
  while true do load(open .. uses .. close) end
end
