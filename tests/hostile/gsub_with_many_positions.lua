-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One replacement holds 120,000 captures of a position, each made into a string.
local to = ("%1"):rep(150000)
function process_packet(p)
  while true do pcall(string.gsub, "x", "()x", to) end
end
