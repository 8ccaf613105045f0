-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Raw views within raw views, as deep as they go, and headers in them.
function process_packet(p)
  while true do
    local v = p
    for i = 1, 40 do
      local ok, inner = pcall(v.raw, v, 0, 60)
      if not ok or not inner then break end
      v = inner
      pcall(v.data, v, packet_eth)
    end
  end
end
