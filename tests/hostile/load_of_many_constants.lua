-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Constants of all kinds, each another one.
local parts = {}
for i = 1, 4000 do parts[i] = i * 65537 .. ",'" .. i .. "'" end
local text = "return {" .. table.concat(parts, ",") .. "}"
parts = nil
function process_packet(p)
  while true do load(text) end
end
