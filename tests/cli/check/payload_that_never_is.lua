-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local eth = ip:data(packet_eth)
  local udp, icmp = assert(ip:data(packet_udp)), assert(ip:data(packet_icmp))
  local lite = assert(ip:data(packet_udplite))
  local dns, other = udp:data(packet_tcp), lite:data(packet_tcp)
  local inner = icmp:data():data(packet_ip)
  local options = ip:options():data(packet_tcp)
  return XT_CONTINUE
end
