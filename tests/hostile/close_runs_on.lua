-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What variables close with goes on when the time is up.
local slow = setmetatable({}, { __close = function() while true do pcall(error) end end })

local function nest(n)
  local a <close> = slow
  if n == 0 then while true do end end
  nest(n - 1)
  return 1
end

function process_packet(p)
  pcall(nest, 180)
  return XT_CONTINUE
end
