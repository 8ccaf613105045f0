-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local money = setmetatable({}, { __div = function(a, b) return a end })
print(money / 2)
function process_packet(p) return XT_CONTINUE end
