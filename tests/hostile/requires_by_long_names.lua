-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each call raises, with a message as long as the name.
local name = ("x"):rep(200000)
function process_packet(p)
  while true do pcall(require, name) end
end
