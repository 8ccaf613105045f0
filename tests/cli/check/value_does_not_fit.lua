-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip.ttl = 256
  ip.ttl = -1
  ip:tos():set(4096)
  ip.frag_off = 8191
  ip:frag_off():set(8192)
  ip.saddr = 0xFFFFFFFF
  ip.saddr = 0x100000000
  p:get()[0] = 300
  p:set(256)
  return XT_CONTINUE
end
