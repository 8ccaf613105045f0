-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One array is made of 15,000 strings and arrays, or nearly: the last of them is wrong.
local parts, one = {}, bytes.new(10)
for i = 1, 15000 do parts[i] = i % 2 == 0 and "abc" or one end
function process_packet(p)
  while true do
    parts[15000] = "x"
    pcall(bytes.many_to_one, parts)
    parts[15000] = true
    pcall(bytes.many_to_one, parts)
  end
end
