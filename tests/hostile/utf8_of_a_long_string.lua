-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local s = ("\u{FFFF}"):rep(100000)
function process_packet(p)
  while true do utf8.len(s) end
end
