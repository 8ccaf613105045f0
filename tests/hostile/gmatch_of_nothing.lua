-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A pattern that never matches is tried by gmatch at each byte, for each of its calls.
local s = ("a"):rep(100000)
function process_packet(p)
  while true do
    for w in s:gmatch("a*b") do end
    for w in s:gmatch("%w+[^%w]", -1) do end
  end
end
