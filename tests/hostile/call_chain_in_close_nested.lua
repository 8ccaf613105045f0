-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same through calls, 400 variables in 20 frames.
local loop = {}
setmetatable(loop, { __call = loop, __close = loop })

local function nest(n)
  local a <close>, b = loop
  local c <close> = loop
  local d <close> = loop
  if n == 0 then while true do end end
  nest(n - 1)
  return b
end

function process_packet(p)
  nest(150)
  return XT_CONTINUE
end
