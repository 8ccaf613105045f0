-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The checksum of ICMPv6, TCP and UDP is computed with the addresses of IPv6.
-- in: eth / ip6 / icmp6 checksum=0 / text abc
-- in: eth / ip6 / tcp check=0 / text abc
-- in: eth / ip6 nexthdr=60 extensions=1100010400000000 / udp check=1 / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local icmp = ip:data(packet_icmp6)
  if icmp then icmp:checksum():set() else (ip:data(packet_tcp) or ip:data(packet_udp)):check():set() end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip6 / icmp6 / text abc
-- out 2: eth / ip6 / tcp / text abc
-- out 3: eth / ip6 nexthdr=60 extensions=1100010400000000 / udp / text abc
