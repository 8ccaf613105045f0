-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Reading outside of a byte array is nil, writing there is an error, and so is what is no byte.
-- in 7 times: eth / ip / udp / text abc
function process_packet(p)
  local a = p:data(packet_eth):data(packet_ip):data(packet_udp):data():get()
  assert(#a == 3 and a[-1] == nil and a[3] == nil and a[math.maxinteger] == nil and a[1 << 32] == nil and a.x == nil)
  n = (n or 0) + 1
  if n == 1 then a[3] = 1 end
  if n == 2 then a[-1] = 1 end
  if n == 3 then a[0] = 256 end
  if n == 4 then a[0] = -1 end
  if n == 5 then a[0] = "x" end
  if n == 6 then a.x = 1 end
  a[1 << 32] = 1
end

-- verdict 1: error bytes_outside_of_an_array.lua:8: index 3 is outside of a byte array of 3 bytes
-- verdict 2: error bytes_outside_of_an_array.lua:9: index -1 is outside of a byte array of 3 bytes
-- verdict 3: error bytes_outside_of_an_array.lua:10: 256 is not a byte (0 to 255)
-- verdict 4: error bytes_outside_of_an_array.lua:11: -1 is not a byte (0 to 255)
-- verdict 5: error bytes_outside_of_an_array.lua:12: bad argument #3 to 'newindex' (number expected, got string)
-- verdict 6: error bytes_outside_of_an_array.lua:13: bad argument #2 to 'newindex' (number expected, got string)
-- verdict 7: error bytes_outside_of_an_array.lua:14: index 4294967296 is outside of a byte array of 3 bytes
