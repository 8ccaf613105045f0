-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every option of pack and unpack, by the thousand, with sizes as great as they go.
local s = ("\1"):rep(100000)
local list = {}
for i = 1, 1500 do list[i] = 1 end
local formats = { ("b"):rep(1500), ("j"):rep(1500), (">!16i16Xi8"):rep(1000), ("s1"):rep(1500), ("z"):rep(1500),
  ("c60"):rep(1500), (" =<>!"):rep(20000), "c2147483647", "c99999999999999999999", ("i16"):rep(7000), ("Xi16"):rep(30000) }
function process_packet(p)
  while true do
    for _, f in ipairs(formats) do
      pcall(string.pack, f, table.unpack(list)) pcall(string.unpack, f, s) pcall(string.packsize, f)
      pcall(string.pack, "c200000", "") pcall(string.unpack, "z", s)
    end
  end
end
