-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip.tttl = 5
  ip.data = 0
  ip:ttl().value = 7
  p:get().first = 1
  return XT_CONTINUE
end
