-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The utf8 library over strings of continuation bytes, and of 7,000 values.
local cont, s = ("\x80"):rep(300000), ("\u{7FFFFFFF}"):rep(1000)
function process_packet(p)
  while true do
    pcall(utf8.offset, cont, 0, 300000) pcall(utf8.offset, s, -1000) pcall(utf8.len, cont, 1, -1, true)
    pcall(utf8.codepoint, s, 1, -1, true) pcall(utf8.codes(cont, true), cont, 1)
    for p, c in utf8.codes(s, true) do end
    pcall(utf8.char, pcall(utf8.codepoint, s, 1, -1, true))
  end
end
