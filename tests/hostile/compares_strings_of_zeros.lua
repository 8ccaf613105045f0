-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Strings are compared anew after each zero.
local a, b = ("\0"):rep(200000), ("\0"):rep(199999) .. "a"
function process_packet(p)
  while true do local x = a < b, b <= a end
end
