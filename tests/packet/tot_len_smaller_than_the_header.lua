-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- If tot_len is smaller than the header, there is no payload; of 0, as of offloaded packets, it tells nothing.
-- wrong checksums: 1
-- in: eth / ip len=19 / udp / text abc
-- in: eth / ip len=20 / udp / text abc
-- in: eth / ip len=27 / udp / text abc
-- in: eth / ip len=0 / udp / text abc
-- in: eth / ip len=28 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local payload, udp = ip:data(), ip:data(packet_udp)
  ip.ttl = 2
  ip.id = (payload and #payload or 0xFFFF)
  if udp then udp.dport = 3 end
  return NF_ACCEPT
end
