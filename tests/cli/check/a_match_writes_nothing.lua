-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --match -f far
local seen = {}
function far(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return false end
  seen[ip.saddr] = true
  seen.ttl = ip.ttl
  ip.ttl = 9
  ip:daddr():set("10.0.0.1")
  p:write("x")
  local payload = ip:data()
  payload:set("abc")
  return ip:ttl():get() < 5
end
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip then ip.ttl = 9 end
  return XT_CONTINUE
end
