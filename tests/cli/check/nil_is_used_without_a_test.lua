-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  p:data(packet_eth):data(packet_ip):data(packet_udp).sport = 5
  return XT_CONTINUE
end
function variable(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.ttl = 5
  ip.tos = 5
  local udp = ip:data(packet_udp)
  print(#udp)
  return XT_CONTINUE
end
function one_of_two(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local l4 = ip:data(packet_tcp) or ip:data(packet_udp)
  l4.dport = 53
  return XT_CONTINUE
end
function only_the_outer_one(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  udp:sport():set(5)
  return XT_CONTINUE
end
function the_protocol_does_not_say(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip and ip.protocol == 17 then ip:data(packet_udp).sport = 5 end
  return XT_CONTINUE
end
function quoted(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip and ip:data(packet_icmp)
  if icmp and icmp.type == 3 then icmp:data():data(packet_ip).saddr = "192.0.2.1" end
  return XT_CONTINUE
end
function in_a_loop(p)
  local ip
  for i = 1, 2 do
    ip = p:data(packet_eth):data(packet_ip)
    ip.ttl = i
  end
  return XT_CONTINUE
end
function the_wrong_way_round(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then ip.ttl = 5 end
  local count
  count.n = 1
  if p:data(packet_ip).ttl > 5 then return NF_DROP end
  return NF_ACCEPT
end
