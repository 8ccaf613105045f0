-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An error of 100,000 bytes gets a place in front at each of the coroutines it leaves.
local long = ("x"):rep(100000)
local function nest(n)
  if n == 0 then error(long) end
  coroutine.wrap(nest)(n - 1)
end
function process_packet(p)
  while true do pcall(nest, 150) end
end
