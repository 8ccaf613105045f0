-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip.daddr = "1.2.3"
  ip:daddr():set("192.0.2.256")
  ip:daddr():set(ip:saddr())
  ip.daddr = ip:saddr()
  ip.ttl = "many"
  ip.ttl = "64"
  ip.ttl = {}
  ip.ttl = ip.saddr
  ip:ttl():set()
  ip:ttl():set(nil)
  ip:check():set()
  ip.check = nil
  p:data(packet_eth).dmac = "00:00:5E:00:53"
  p:data(packet_eth).dmac = ip.saddr
  return XT_CONTINUE
end
