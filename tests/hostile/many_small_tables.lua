-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Small tables and closures without end, kept in a list or not.
function process_packet(p)
  while true do
    local list = {}
    for i = 1, 4000 do list[i] = { { i }, function() return i end, x = {} } if i % 900 == 0 then list = {} end end
  end
end
