-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is looked for in a byte array is nearly everywhere: each place has all of it but the byte before the last.
local a, text = bytes.new(400000), bytes.new(200000)
text[#text - 2] = 1
function process_packet(p)
  while true do
    pcall(a.find, a, text)
    pcall(a.find, a:slice(1), text:slice(7):string())
    pcall(p.get, p)
  end
end
