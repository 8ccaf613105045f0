-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Labels, each of which is compared with all before it, and gotos that find none.
local parts = {}
for i = 1, 6000 do parts[i] = "::l" .. i .. ":: " end
local labels = table.concat(parts)
local gotos = ("goto nowhere "):rep(8000)
parts = nil
function process_packet(p)
  while true do load(labels) load(labels .. gotos) load(("do goto x end "):rep(5000)) end
end
