-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)
  icmp.type = icmp.type
  icmp.id = icmp.id
  return XT_CONTINUE
end
