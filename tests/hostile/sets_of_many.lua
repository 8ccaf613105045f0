-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sets are made for each packet, of entries that are the same, in the worst order, or overlap; names are asked for that have many dots.
local addresses, same, names = {}, {}, {}
for i = 1, 3000 do
  addresses[i] = ("2001:db8::%x/%d"):format(1 << i % 16, 128 - i % 64)
  same[i] = "192.0.2.1/24"
  names[i] = ("a."):rep(i % 100) .. "b"
end
local dots = ("a."):rep(100000) .. "c"
function process_packet(p)
  while true do
    pcall(function()
      local s, t, n = set.new(addresses), set.new(same), set.names(names)
      n:has(dots)
      s:has(dots)
      local kept = { s, t, n }
      while true do kept[#kept + 1] = set.new(same) end
    end)
  end
end
