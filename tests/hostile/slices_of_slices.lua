-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Parts of parts of arrays, of their own and of the packet, until there is no memory; and lines that show them.
local kept = {}
function process_packet(p)
  local a, b = bytes.new(100000), p:get()
  while true do
    local ok = pcall(function()
      a, b = a:slice(1), b:slice(1) or p:get()
      kept[#kept + 1] = a
      kept[#kept + 1] = bytes.new(1000):slice(999)
      if #kept % 1000 == 0 then a:hexdump() end
    end)
    if not ok then kept = {} end
  end
end
