-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A state has so much memory; what needs more is an error, and then there is room again.
-- in 4 times: eth / ip / udp
n = 0
local long = ("x"):rep(1000)
function process_packet(p)
  n = n + 1
  if n == 1 then return #long:rep(1 << 11) end
  if n == 2 then
    local t = {}
    for i = 1, 1000 do t[i] = long:rep(50) end
  end
  if n == 3 then return #bytes.new(1 << 20) end
  p:data(packet_eth):data(packet_ip).id = n
  return NF_ACCEPT
end

-- verdict 1: error memory_is_limited.lua:8: not enough memory: no string or byte array may have 2048000 bytes
-- verdict 2: error memory_is_limited.lua:11: not enough memory: N of 1024 KiB are held, without room for N bytes
-- verdict 3: error memory_is_limited.lua:13: not enough memory: no string or byte array may have 1048680 bytes
-- verdict 4: NF_ACCEPT
-- out: eth / ip id=4 / udp
