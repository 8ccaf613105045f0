-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function match_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and ip.ttl < 5
end
function is_near(ip) return ip and ip.ttl > 60 end
function writes(p) p:write("x") return true end
function answers(p) return 1 end
function process_packet(ip)
  if ip then ip.ttl = 9 end
  return NF_ACCEPT
end
