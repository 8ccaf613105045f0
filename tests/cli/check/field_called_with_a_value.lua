-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:ttl(5)
  ip:daddr("192.0.2.1")
  ip:tos(ip.ttl)
  print(ip:ttl():get(5), p:data(packet_eth, packet_ip), p:get_size(1))
  local head = p:raw(4)
  ip.ttl = 5
  ip:ttl():set(5)
  ip:data():raw(0, 0)
  return XT_CONTINUE
end
