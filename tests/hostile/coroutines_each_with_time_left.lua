-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  while true do
    local co = coroutine.wrap(function()
      local c <close> = setmetatable({}, { __close = function() while true do end end })
      while true do coroutine.yield() end
    end)
    co()
    pcall(co)
  end
end
