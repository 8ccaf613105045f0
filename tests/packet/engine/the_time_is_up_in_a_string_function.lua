-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The time is up inside a function of the string library, which has a buffer to close: the line is told all the same.
-- in 5 times: eth / ip / udp
n = 0
local long = ("x"):rep(50000)
function process_packet(p)
  n = n + 1
  if n == 1 then
    while true do long:rep(2) end
  elseif n == 2 then
    while true do long:gsub("x", "yy") end
  elseif n == 3 then
    while true do table.concat({long, long}) end
  elseif n == 4 then
    while true do long:upper() end
  end
  return NF_ACCEPT
end

-- verdict 1: error the_time_is_up_in_a_string_function.lua:9: time limit exceeded
-- verdict 2: error the_time_is_up_in_a_string_function.lua:11: time limit exceeded
-- verdict 3: error the_time_is_up_in_a_string_function.lua:13: time limit exceeded
-- verdict 4: error the_time_is_up_in_a_string_function.lua:15: time limit exceeded
-- verdict 5: NF_ACCEPT
-- out: same
