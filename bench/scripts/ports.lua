-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Decides by ports.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return NF_ACCEPT end
  if udp.dport == 53 or udp.dport == 123 then return NF_ACCEPT end
  if udp.dport < 1024 and udp.sport >= 1024 then return XT_CONTINUE end
  return NF_DROP
end
