-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What joins operands needs so much of the stack that it moves, while others are still to be joined.
local function join(a, b, n)
  if (n or 0) < 300 then return join(a, b, (n or 0) + 1), nil end
  return a
end
local o = setmetatable({}, { __concat = function(a, b) return (join(a, b)) end })
function process_packet(p)
  for i = 1, 200 do
    local t = coroutine.wrap(function() return o .. o .. "x" .. o .. 7 .. o end)()
    if t ~= o then error("joined to something else") end
  end
  return XT_CONTINUE
end
