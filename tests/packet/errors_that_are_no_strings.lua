-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Errors may be any value; only strings can be told.
-- in 6 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then error() end
  if n == 2 then error({}) end
  if n == 3 then error(42) end
  if n == 4 then error(setmetatable({}, {__tostring = function() return "text" end})) end
  if n == 5 then error(p) end
  error("", 0)
end
