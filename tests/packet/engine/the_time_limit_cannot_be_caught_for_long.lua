-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- pcall, coroutines and C functions do not help a loop against the time limit.
-- in 4 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then
    while true do pcall(function() while true do end end) end
  end
  if n == 2 then
    coroutine.wrap(function() while true do end end)()
  end
  if n == 3 then
    while true do string.rep("x", 1000):find(("x*"):rep(8) .. "y") end
  end
  return NF_ACCEPT
end

-- verdict 1: error the_time_limit_cannot_be_caught_for_long.lua:8: time limit exceeded
-- verdict 2: error the_time_limit_cannot_be_caught_for_long.lua:11: the_time_limit_cannot_be_caught_for_long.lua:11: time limit exceeded
-- verdict 3: error the_time_limit_cannot_be_caught_for_long.lua:14: time limit exceeded
-- verdict 4: NF_ACCEPT
-- out: same
