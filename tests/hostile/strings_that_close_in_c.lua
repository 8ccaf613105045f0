-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same with a function of C, which takes its time for a string of 200,000 bytes.
local long = ("x"):rep(200000)
getmetatable("").__close = string.lower
local function nest(n)
  local a <close>, b = long
  local c <close> = long
  local d <close> = long
  if n == 0 then while true do end end
  return (nest(n - 1))
end
function process_packet(p)
  nest(600)
  return XT_CONTINUE
end
