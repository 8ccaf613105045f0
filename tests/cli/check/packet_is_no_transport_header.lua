-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local tcp = p:data(packet_tcp)
  if not tcp then return NF_DROP end
  tcp.dport = 80
  p:data(packet_udp).sport = 5
  return XT_CONTINUE
end
function right(p)
  local eth, ip, bytes = p:data(packet_eth), p:data(packet_ip), p:data()
  if ip and #p > 60 then return NF_DROP end
  local later = p:raw(34, 20)
  local tcp = later and later:data(packet_tcp)
  return tcp and bytes and eth and tcp.dport == 80 and NF_DROP or NF_ACCEPT
end
function helper(v) return v:data(packet_tcp) end
