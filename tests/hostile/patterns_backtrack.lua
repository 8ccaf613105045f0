-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local s = ("a"):rep(300)
function process_packet(p)
  while true do s:find((".-"):rep(20) .. "b") end
end
