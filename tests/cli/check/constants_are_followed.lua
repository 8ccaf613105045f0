-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local limit = 300
large = 70000
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local n = limit
  ip.ttl = n
  ip.id = large
  pcall(function() ip:ttl():set(n) end)
  return XT_CONTINUE
end
