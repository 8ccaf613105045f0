-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- table.move over ranges that overlap, of 2^40 elements, within one table and between two.
function process_packet(p)
  local t = {}
  for i = 1, 10000 do t[i] = i end
  pcall(table.move, t, 1, 1 << 40, 2)
  pcall(table.move, t, -(1 << 40), 1 << 40, 1, {})
  return XT_CONTINUE
end
