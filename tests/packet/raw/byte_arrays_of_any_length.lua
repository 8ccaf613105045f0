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

-- verdict 1: error byte_arrays_of_any_length.lua:6: a byte array cannot have -1 bytes
-- verdict 2: error byte_arrays_of_any_length.lua:7: a byte array cannot have 1099511627776 bytes
-- verdict 3: error byte_arrays_of_any_length.lua:8: bad argument #1 to 'new' (number expected, got string)
-- verdict 4: error byte_arrays_of_any_length.lua:9: bad argument #1 to 'new_from_string' (string expected, got table)
-- verdict 5: error byte_arrays_of_any_length.lua:10: element 2: byte array expected, got number
-- verdict 6: error byte_arrays_of_any_length.lua:11: bad argument #2 to 'concat' (byte array expected, got nil)
-- verdict 7: error 100000
