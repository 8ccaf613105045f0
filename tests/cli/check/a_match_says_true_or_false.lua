-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function match_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return end
  if ip.ttl == 1 then return ip.ttl end
  if ip.ttl == 2 then return ip end
  if ip.ttl == 3 then return "yes" end
  if ip.ttl == 4 then return NF_DROP end
  if ip.ttl == 5 then return nil end
  if ip.ttl == 6 then return not ip end
  return ip and ip.ttl > 3
end
