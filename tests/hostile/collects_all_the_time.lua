-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local full = {}
for i = 1, 5000 do full[i] = { i } end
function process_packet(p)
  while true do collectgarbage() end
end
