-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- There is no memory left even for messages, and each error asks the collector for more.
local held = {}
pcall(function() while true do held[#held + 1] = { {}, {} } end end)
function process_packet(p)
  local function again(n)
    if n > 0 then pcall(again, n - 1) end
    local s = ("x"):rep(100000)
  end
  while true do pcall(again, 150) end
end
