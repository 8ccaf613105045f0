-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local function quiet()
local function leave()
  _ENV = { XT = XT_CONTINUE }
  d = 1
end
function late() return unheard end
leave()
  local _ENV = { a = 1 }
  b = a + (c or 0)
  return b
end
quiet()
