-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each close raises a new error, and is followed by the next.
local bad = setmetatable({}, { __close = function(_, e) error({ e }) end })
local function nest(n)
  local a <close>, b = bad
  local c <close> = bad
  if n == 0 then error("x") end
  return (nest(n - 1))
end
function process_packet(p)
  while true do pcall(nest, 150) end
end
