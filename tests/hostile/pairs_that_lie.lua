-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- __pairs, __len and __index that go on for ever, used by what loops in C.
local t = setmetatable({}, { __pairs = function(t) return function(_, k) return (k or 0) + 1 end, t end,
  __len = function() return math.maxinteger end, __index = function() return "" end })
function process_packet(p)
  pcall(table.concat, t)
  for i, v in ipairs(t) do if i > 20000 then break end end
  pcall(table.unpack, t)
  for k in pairs(t) do end
  return XT_CONTINUE
end
