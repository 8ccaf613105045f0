-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each of 2,000 options takes 9 bytes of a string of 200,000.
local long, list = ("x"):rep(200000), {}
for i = 1, 2000 do list[i] = long end
local nines, none = ("%.9s"):rep(2000), ("%.0s"):rep(2000)
function process_packet(p)
  while true do
    pcall(string.format, nines, table.unpack(list))
    pcall(string.format, none, table.unpack(list))
  end
end
