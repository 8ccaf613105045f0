-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One numeral of 300,000 zeros is read once for each of 7,000 arguments of math.max.
local zero = ("0"):rep(300000)
local function args(n, ...)
  if n == 0 then return ... end
  return args(n - 1, zero, ...)
end
local pack = {}
for i = 1, 2000 do pack[i] = zero end
function process_packet(p)
  math.max(table.unpack(pack))
  return XT_CONTINUE
end
