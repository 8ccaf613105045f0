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
