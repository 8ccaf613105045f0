-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same as helper.lua without the function.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  if udp.dport == 7 then ip.daddr = "2.1.1.1" end
  return XT_CONTINUE
end
