-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- next looks for the following key in a table of 16,384 places that is empty but for the last.
local t = {}
for i = 1, 12000 do t[-i] = true end
for i = 1, 11999 do t[-i] = nil end
function process_packet(p)
  while true do next(t) for k in pairs(t) do end local n = #t end
end
