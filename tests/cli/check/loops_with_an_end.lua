-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each loop has an end, or may have one that is not seen here.
local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)
running = true
local function step(n) if n > 5 then error("done") end return n + 1 end
local stop = false
local function finish() stop = true end
function process_packet(p)
  local n, node = 0, { next = {} }
  while true do n = n + 1 if n > 5 then break end end
  while true do if n > 10 then return NF_DROP end n = n + 1 end
  repeat n = n - 1 until n < 0
  while running do end
  pcall(function() while true do n = step(n) end end)
  pcall(function() while true do node = node.next end end)
  pcall(function() local i = 1 while true do local x = 10 // i i = i - 1 end end)
  local i = 1
  while i < 10 do i = i + 1 end
  while not stop do finish() end
  for k = 10, 1, -1 do n = n + k end
  for k = 1, 0 do n = n + k end
  ::again::
  n = n + 1
  if n < 20 then goto again end
  for k = 1, math.maxinteger do if k > 5 then break end end
  for k = 1, 5 do while true do if p:get_size() > k then break end goto next end ::next:: end
  local done = false
  local function mark() done = true end
  while not done do mark() end
  local t = setmetatable({}, { __index = function(_, k) error(k) end })
  local v = p
  while true do v = v:data(packet_eth) end
end
function more(p)
  local it = string.gmatch("a b c", "%a")
  while true do
    local w = it()
    if not w then return NF_DROP end
  end
end
function more2(p)
  local i, s = 1, 0
  while i <= 3 do
    for k, w in pairs({}) do s = s + w end
    i = i + 1
  end
  while true do
    local b = p:get()[i]
    i = i + 1
    if b == 5 then return XT_CONTINUE end
  end
end
