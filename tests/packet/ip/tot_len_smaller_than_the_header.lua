-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- If tot_len is smaller than the header, there is no payload; of 0, as of offloaded packets, it tells nothing.
-- wrong checksums: 1
-- in: eth / ip tot_len=19 / udp / text abc
-- in: eth / ip tot_len=20 / udp / text abc
-- in: eth / ip tot_len=27 / udp / text abc
-- in: eth / ip tot_len=0 / udp / text abc
-- in: eth / ip tot_len=28 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local payload, udp = ip:data(), ip:data(packet_udp)
  ip.ttl = 2
  ip.id = (payload and #payload or 0xFFFF)
  if udp then udp.dport = 3 end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip tot_len=19 id=65535 ttl=2 / udp / text abc
-- out 2: eth / ip tot_len=20 id=0 ttl=2 / udp / text abc
-- out 3: eth / ip tot_len=27 id=7 ttl=2 / udp / text abc
-- out 4: eth / ip tot_len=0 id=11 ttl=2 / udp dport=3 / text abc
-- out 5: eth / ip tot_len=28 id=8 ttl=2 / udp dport=3 / text abc
