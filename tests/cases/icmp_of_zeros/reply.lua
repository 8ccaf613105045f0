-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip and ip:data(packet_icmp)
  if not icmp or icmp.type ~= 8 then return XT_CONTINUE end
  local from, to = ip.saddr, ip.daddr
  ip.saddr = to
  ip.daddr = from
  icmp.type = 0
  return XT_CONTINUE
end
