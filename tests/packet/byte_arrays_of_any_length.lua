-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Byte arrays have lengths that a state has room for; others, and what is no array, are errors.
-- in 7 times: eth / ip / udp
function process_packet(p)
  n = (n or 0) + 1
  if n == 1 then bytes.new(-1) end
  if n == 2 then bytes.new(1 << 40) end
  if n == 3 then bytes.new("x") end
  if n == 4 then bytes.new_from_string({}) end
  if n == 5 then bytes.many_to_one{"a", 1} end
  if n == 6 then return bytes.new(1) .. nil end
  error(tostring(#bytes.new(100000)), 0)
end
