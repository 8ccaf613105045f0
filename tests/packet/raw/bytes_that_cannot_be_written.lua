-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What :write() refuses, it refuses before anything is touched.
-- in 14 times: eth / ip / udp / text abcdefgh
-- in 2 times: eth / ip / dccp / text abcdefgh
-- in: eth / ip / gre check=+0 / ip / udp / text abcdefgh
-- in: eth / ip / udplite / text abcdefgh
local wrong = {
  function(p) p:write("abc", #p - 2) end,
  function(p) p:write("a", -1) end,
  function(p) p:write("a", math.maxinteger) end,
  function(p) p:write("a", math.mininteger) end,
  function(p) p:raw(3, 2):write("abc") end,
  function(p) p:write(("x"):rep(5000)) end,
  function(p) p:write() end,
  function(p) p:write(5) end,
  function(p) p:write({}) end,
  function(p) p:write(p) end,
  function(p) p:write("a", "b") end,
  function(p, ip) ip:write("\x46") end,
  function(p, ip) ip:write("\0\1\2", 1) end,
  function(p, ip) ip:data(packet_udp):write("12345678") end,
  function(p, ip) ip:data(packet_dccp):write("\5", 4) end,
  function(p, ip) ip:data(packet_dccp):write("\1", 5) end,
  function(p, ip) ip:data(packet_gre):write("\0\1") end,
  function(p, ip) ip:data(packet_udplite):write("\9", 5) end,
}
local n = 0

function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  local before = tostring(p:to_bytes())
  local ok, why = pcall(wrong[n], p, ip)
  assert(not ok and tostring(p:to_bytes()) == before)
  error(why, 0)
end

-- verdict 1: error bytes_that_cannot_be_written.lua:8: 3 bytes from 48 on are not all within a view of 50 bytes
-- verdict 2: error bytes_that_cannot_be_written.lua:9: 1 bytes from -1 on are not all within a view of 50 bytes
-- verdict 3: error bytes_that_cannot_be_written.lua:10: 1 bytes from 9223372036854775807 on are not all within a view of 50 bytes
-- verdict 4: error bytes_that_cannot_be_written.lua:11: 1 bytes from -9223372036854775808 on are not all within a view of 50 bytes
-- verdict 5: error bytes_that_cannot_be_written.lua:12: 3 bytes from 0 on are not all within a view of 2 bytes
-- verdict 6: error bytes_that_cannot_be_written.lua:13: 5000 bytes from 0 on are not all within a view of 50 bytes
-- verdict 7: error bytes_that_cannot_be_written.lua:14: bad argument #1 to 'write' (string or byte array expected, got no value)
-- verdict 8: error bytes_that_cannot_be_written.lua:15: bad argument #1 to 'write' (string or byte array expected, got number)
-- verdict 9: error bytes_that_cannot_be_written.lua:16: bad argument #1 to 'write' (string or byte array expected, got table)
-- verdict 10: error bytes_that_cannot_be_written.lua:17: bad argument #1 to 'write' (string or byte array expected, got packet_raw)
-- verdict 11: error bytes_that_cannot_be_written.lua:18: bad argument #2 to 'write' (number expected, got string)
-- verdict 12: error bytes_that_cannot_be_written.lua:19: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 13: error bytes_that_cannot_be_written.lua:20: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 14: error bytes_that_cannot_be_written.lua:21: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 15: error bytes_that_cannot_be_written.lua:22: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 16: error bytes_that_cannot_be_written.lua:23: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 17: error bytes_that_cannot_be_written.lua:24: these bytes say how long the packet is, or what its checksum is of: set the field
-- verdict 18: error bytes_that_cannot_be_written.lua:25: these bytes say how long the packet is, or what its checksum is of: set the field
