-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local format = ("!16Xi16"):rep(40000)
function process_packet(p)
  local n = string.packsize(format)
  local s = string.pack(format)
  return XT_CONTINUE
end
