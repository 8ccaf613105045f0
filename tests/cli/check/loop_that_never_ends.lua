-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local count, hits = 0, {}
function process_packet(p)
  while true do end
end
function twice(p)
  local n = 0
  if #p > 100 then
    repeat n = n + 1 until false
  else
    while true do
      for i = 1, 3 do n = n + i end
      hits[n] = n
    end
  end
end
function by_goto(p)
  ::top::
  count = count + 1
  print(count)
  goto top
end
function condition_that_stays(p)
  local i, done = 1, false
  while i < 10 do hits[i] = 1 end
  return NF_DROP
end
function flag_that_stays(p)
  local done = false
  while not done do print("waiting") end
  return NF_DROP
end
function counts_for_years(p)
  for i = 1, math.maxinteger do end
  return NF_DROP
end
function step_of_nothing(p)
  for i = 1, 10, 0 do count = count + i end
  return NF_DROP
end
local function helper(n) return math.max(n, 5) end
function calls_what_returns(p)
  local n = 1
  while 1 do n = helper(n) end
end
