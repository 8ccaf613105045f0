-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each close is a function of the string library that takes its time.
local long = ("x"):rep(400000)
local mt = { __close = string.rep }
mt.__index = mt

local function nest(n)
  local a <close> = setmetatable({}, { __close = function() return long:upper() end })
  if n == 0 then while true do end end
  nest(n - 1)
  return 1
end

function process_packet(p)
  nest(190)
  return XT_CONTINUE
end
