-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A coroutine in a coroutine in a coroutine, each with a variable to close, fails inside.
local slow = setmetatable({}, { __close = function() for i = 1, 1000 do end end })
local function nest(n)
  local a <close> = slow
  if n == 0 then while true do end end
  coroutine.wrap(nest)(n - 1)
end
function process_packet(p)
  while true do pcall(nest, 100) end
end
