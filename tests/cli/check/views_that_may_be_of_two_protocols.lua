-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local l4 = ip and (ip:data(packet_tcp) or ip:data(packet_udp))
  local either = ip
  if #p > 100 then either = p:data(packet_eth) end
  local one
  if #p > 60 then one = ip:data(packet_tcp) else one = ip:data(packet_udp) end
  return l4 and l4.window_size and either and either.smac and one.seq and NF_DROP or NF_ACCEPT
end
