-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The message of a wrong argument looks through all globals for the name of the function.
for i = 1, 9000 do _G["g" .. i] = i end
local co = coroutine.wrap(function(...) string.rep(...) end)
function process_packet(p)
  while true do pcall(pcall, string.rep) pcall(coroutine.wrap(string.rep)) end
end
