-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What by-name.lua does, for IPv4, from header to header.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if udp and udp.dport == 53 then return NF_DROP end
  return XT_CONTINUE
end
