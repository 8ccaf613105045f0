-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A long string is looked up 40,000 times by another that is equal, without a jump or call in between.
local long = ("x"):rep(150000)
local a, b, c = long .. "a", long .. "b", long .. "b"
long = nil
local t, n, line = { [a] = 1, [b] = 2 }, 0, ("x = t[k] "):rep(500)
local straight = assert(load(function()
  n = n + 1
  return n == 1 and "local t, k = ... local x " or n < 80 and line or nil
end))
function process_packet(p)
  straight(t, c)
  return XT_CONTINUE
end
