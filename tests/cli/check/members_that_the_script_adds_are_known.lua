-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function string.trim(s) return s:match("^%s*(.-)%s*$") end
math.half = function(n) return n // 2 end
print((" x "):trim(), math.half(4))
if math.pi == nil then print("no floats") end
function process_packet(p) return XT_CONTINUE end
