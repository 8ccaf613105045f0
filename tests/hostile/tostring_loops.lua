-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local e = setmetatable({}, { __tostring = function() while true do end end })
function process_packet(p)
  for i = 1, 100000 do local x = i * i end
  error(e)
end
