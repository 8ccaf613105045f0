-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Thirty-two captures are pushed, and each of them is a string for which the collector runs.
local s, pattern = ("x"):rep(3200), ("(" .. ("."):rep(90) .. ")"):rep(32)
local format = ("c90"):rep(32)
local held = {}
while collectgarbage("count") < 1000 do held[#held + 1] = {} end
collectgarbage()
function process_packet(p)
  while true do pcall(s.match, s, pattern) pcall(s.gsub, s, pattern, "%1") pcall(string.unpack, format, s) end
end
