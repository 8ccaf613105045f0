-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A header that says it is longer than the packet is not there.
-- in: eth / ip ihl=15 / udp / text abc
-- in: eth / ip ihl=8 / udp / text abc
-- in: eth / ip ihl=7 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and NF_ACCEPT or NF_DROP
end

-- verdict 1-2: NF_DROP
-- verdict 3: NF_ACCEPT
-- out: same
