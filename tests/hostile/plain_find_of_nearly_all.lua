-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local s, t = ("a"):rep(400000), ("a"):rep(200000) .. "b"
function process_packet(p)
  while true do s:find(t, 1, true) end
end
