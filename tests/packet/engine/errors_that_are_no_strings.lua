-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Errors may be any value; only strings can be told.
-- in 6 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then error() end
  if n == 2 then error({}) end
  if n == 3 then error(42) end
  if n == 4 then error(setmetatable({}, {__tostring = function() return "text" end})) end
  if n == 5 then error(p) end
  error("", 0)
end

-- verdict 1: error errors_that_are_no_strings.lua:7: the error is not a string but a nil
-- verdict 2: error errors_that_are_no_strings.lua:8: the error is not a string but a table
-- verdict 3: error errors_that_are_no_strings.lua:9: 42
-- verdict 4: error errors_that_are_no_strings.lua:10: text
-- verdict 5: error errors_that_are_no_strings.lua:11: the error is not a string, and its __tostring failed
-- verdict 6: error
