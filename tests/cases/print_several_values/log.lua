-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  print(ip.saddr, ip.daddr, ip.ttl)
  return XT_CONTINUE
end
