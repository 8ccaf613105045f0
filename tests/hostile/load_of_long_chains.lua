-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local fields = "return a" .. (".b"):rep(30000)
local calls = "return a" .. ("()"):rep(30000)
local ors = "return a" .. (" or a"):rep(30000)
local indices = "return a" .. ("[1]"):rep(30000)
function process_packet(p)
  for i = 1, 10 do load(ors); load(fields); load(calls); load(indices) end
  return XT_CONTINUE
end
