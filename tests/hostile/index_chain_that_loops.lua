-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An __index chain of 1,000 tables that leads back to its beginning.
local first = {}
do
  local t = first
  for i = 1, 1000 do
    local next = i < 1000 and {} or first
    setmetatable(t, { __index = next, __newindex = next })
    t = next
  end
end
function process_packet(p)
  while true do
    pcall(rawget, first, "x")
    pcall(function() return first.x end)
    pcall(function() first.x = 1 end)
  end
end
