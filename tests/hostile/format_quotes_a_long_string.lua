-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local long = ("\0"):rep(250000)
function process_packet(p)
  local s = string.format("%q", long)
  return XT_CONTINUE
end
