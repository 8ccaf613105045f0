-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An ihl that the packet cannot hold, or below 5, is stored; the checksum follows by difference, as nothing can be computed.
-- in 2 times: eth / ip / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  ip.ihl = n == 1 and 15 or 4
  assert(ip:data() == nil and ip:data(packet_udp) == nil and ip.options == nil and ip:options() == nil)
  assert(p:data(packet_eth):data(packet_ip) == nil == (n == 1))
  ip.tos = 4
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip ihl=15 tos=4 check=0x4a94 / udp / text abc
-- out 2: eth / ip ihl=4 tos=4 check=0x5594 / udp / text abc
