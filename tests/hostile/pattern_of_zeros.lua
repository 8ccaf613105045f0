-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A pattern is searched for special characters anew after each zero.
local zeros = ("\0"):rep(450000)
function process_packet(p)
  while true do pcall(string.find, "abc", zeros) end
end
