-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Takes tokens by keys that are always new, of as many limits as there may be, until there is no memory, and on.
local n = 0

function process_packet(p)
  while true do
    n = n + 1
    pcall(nf.limit, { rate = 1 + n % 100, size = 1000000, key = n })
    pcall(nf.limit, { rate = 1 + n % 100, size = 1 + n % 7 }, "key" .. n)
  end
end
