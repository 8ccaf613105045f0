-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Tables, functions, coroutines, booleans and strings with one beginning as keys, and the greatest integers.
function process_packet(p)
  while true do
    local t = {}
    for i = 1, 1200 do
      t[{}], t[function() return i end], t["prefix of them all, which is longer than forty bytes " .. i] = i, i, i
      t[math.mininteger + i], t[math.maxinteger - i], t[i << 32] = i, i, i
    end
    for k, v in pairs(t) do t[k] = nil end
  end
end
