-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Keys that fell into one chain when integers were hashed by their remainder.
function process_packet(p)
  local t = {}
  for k = 1, 8192 do t[16383 * k] = 1 end
  return XT_CONTINUE
end
