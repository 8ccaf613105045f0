-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local function quiet()
  local _ENV = { a = 1 }
  b = a + (c or 0)
  return b
end
quiet()
function process_packet(p) return XT_CONTINUE end
