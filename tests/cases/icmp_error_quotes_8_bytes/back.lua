-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip and ip:data(packet_icmp)
  if not icmp or icmp.type ~= 3 then return XT_CONTINUE end
  local quoted = icmp:data():data(packet_ip)
  ip.daddr = "10.0.0.1"
  quoted.saddr = "10.0.0.1"
  quoted:data(packet_tcp).sport = 1000
  return XT_CONTINUE
end
