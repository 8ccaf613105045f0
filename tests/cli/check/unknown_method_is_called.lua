-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:dadr():set("192.0.2.1")
  ip:daddr():foo()
  p:get():strnig()
  ip:ttl():set_value(5)
  return XT_CONTINUE
end
