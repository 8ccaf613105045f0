-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same for other sizes, growing and shrinking.
function process_packet(p)
  for bits = 8, 13 do
    local t = {}
    for k = 1, 1 << bits do t[((1 << bits + 1) - 1) * k] = k end
    for k = 1, 1 << bits do t[((1 << bits + 1) - 1) * k] = nil end
    for k = 1, 1 << bits do t[-k * ((1 << bits) - 1)] = k end
  end
  return XT_CONTINUE
end
