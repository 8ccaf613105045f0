-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- inline.lua for IPv6.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  if udp.dport == 7 then ip.daddr = "2001:db8:1::1" end
  return XT_CONTINUE
end
