-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A table sorts without having elements: __len, __index and __newindex say that it has 2^30.
local t = setmetatable({}, { __len = function() return 1 << 30 end,
  __index = function(_, i) return i end, __newindex = function() end })
function process_packet(p)
  pcall(table.sort, t)
  pcall(table.concat, t)
  pcall(table.remove, t, 1)
  pcall(table.insert, t, 1, 1)
  return XT_CONTINUE
end
