-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- string.char reads each of 2,000 arguments, all the same numeral of 300,000 digits.
local zero, list = ("0"):rep(300000), {}
for i = 1, 2000 do list[i] = zero end
function process_packet(p)
  string.char(table.unpack(list))
  return XT_CONTINUE
end
