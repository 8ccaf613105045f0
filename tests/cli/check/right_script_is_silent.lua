-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip.ttl = 64
  ip:daddr():set("192.0.2.1")
  ip:check():set()
  local udp = ip:data(packet_udp)
  if udp and udp.dport == 53 and #udp:data() > 0 then udp:data():get()[0] = 255 end
  if ip:saddr():int() >> 24 == 10 then print(ip.saddr .. " " .. tostring(ip:ttl())) end
  return XT_CONTINUE
end
