-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every function that makes a long string, of one as long as memory allows.
local s = ("aB\0"):rep(60000)
function process_packet(p)
  while true do
    pcall(s.upper, s) pcall(s.lower, s) pcall(s.reverse, s) pcall(s.sub, s, 2) pcall(s.byte, s, 1, 7000)
    pcall(table.concat, { s, s, s }, s) pcall(string.pack, "s4zs2", s, "x", s) pcall(tostring, s)
    pcall(bytes.new_from_string, s)
  end
end
