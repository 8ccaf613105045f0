-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet that ends at any byte: a header is found if all of it is there, and what is found can be written.
-- in: eth / ip options=01010100 / udp / text abc / cut 14-49
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth and eth:data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if ip then ip.ttl = 9 end
  if udp then udp.dport = 53 end
  return NF_QUEUE | (eth and 1 or 0) + (ip and 2 or 0) + (udp and 4 or 0) + (udp and #udp:data() << 4 or 0) << 16
end
