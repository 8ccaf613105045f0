-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Ten thousand functions in one text, each with an upvalue.
local text = "local a, t = 1, {} " .. ("t[1] = function() return a end "):rep(2500)
function process_packet(p)
  while true do load(text) end
end
