-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local format = (" "):rep(250000)
function process_packet(p)
  local n = string.unpack(format .. "b", "x")
  return XT_CONTINUE
end
