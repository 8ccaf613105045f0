-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Puts new entries into a shared table, until there is no room, and on; half of them expire.
local t, n = shared.table("filled", { ttl = 1 }), 0

function process_packet(p)
  while true do
    n = n + 1
    pcall(function()
      t[n] = n
      t:set("key" .. n, true, 100000)
    end)
  end
end
