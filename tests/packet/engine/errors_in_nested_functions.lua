-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The line is that of the function that raised, or of the level that error() names.
-- in 7 times: eth / ip / udp
local function inner(level)
  error("inner", level)
end
local function outer(level)
  inner(level)
  return true
end
n = 0
function process_packet(p)
  n = n + 1
  if n <= 3 then
    outer(n)
  end
  if n == 4 then string.gsub("abc", "b", function() error("in a callback") end) end
  if n == 5 then table.sort({3, 2, 1}, function(a, b) return a < b + missing end) end
  if n == 6 then coroutine.wrap(function() error("in a coroutine") end)() end
  return (function() return missing() end)()
end

-- verdict 1: error errors_in_nested_functions.lua:5: inner
-- verdict 2: error errors_in_nested_functions.lua:8: inner
-- verdict 3: error errors_in_nested_functions.lua:15: inner
-- verdict 4: error errors_in_nested_functions.lua:17: in a callback
-- verdict 5: error errors_in_nested_functions.lua:18: attempt to perform arithmetic on a nil value (global 'missing')
-- verdict 6: error errors_in_nested_functions.lua:19: errors_in_nested_functions.lua:19: in a coroutine
-- verdict 7: error errors_in_nested_functions.lua:20: attempt to call a nil value (global 'missing')
