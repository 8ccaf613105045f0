-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local limit = 300
local function lower() limit = 5 end
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local n, v = 300, nil
  ip.ttl = limit
  pcall(function() n = 5 v = NF_DROP end)
  ip.ttl = n
  lower()
  for i = 1, 2 do
    ip.ttl = n
    n = 7
  end
  return v
end
