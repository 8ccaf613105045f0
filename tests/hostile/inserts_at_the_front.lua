-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Elements are put in at the front, and taken away there.
function process_packet(p)
  local t = {}
  while true do
    for i = 1, 10000 do table.insert(t, 1, i) end
    for i = 1, 10000 do table.remove(t, 1) end
  end
end
