-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Numbers are 64-bit integers: // divides, / and ^ raise, there are no floats in text.
-- in 5 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  assert(7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2 and 1 << 63 == math.mininteger and math.maxinteger + 1 == math.mininteger)
  assert(tonumber("0.5") == nil and tonumber("1e3") == nil and tonumber("0x10") == 16 and tonumber("z", 36) == 35)
  assert(math.floor(3) == 3 and math.type(1) == "integer" and load("return 0.5") == nil and load("return 1e3") == nil)
  if n == 1 then return 7 / 2 end
  if n == 2 then return 2 ^ 3 end
  if n == 3 then return string.format("%f", 1) end
  if n == 4 then return 1 // (n - 4) end
  return 1 % (n - 5)
end

-- verdict 1: error numbers_are_integers.lua:10: no floating point (// divides integers)
-- verdict 2: error numbers_are_integers.lua:11: no floating point (// divides integers)
-- verdict 3: error numbers_are_integers.lua:12: no floating point (// divides integers)
-- verdict 4: error numbers_are_integers.lua:13: attempt to divide by zero
-- verdict 5: error numbers_are_integers.lua:14: attempt to perform 'n%0'
