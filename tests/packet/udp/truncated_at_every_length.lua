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

-- verdict 1-24: NF_QUEUE 1
-- verdict 25-32: NF_QUEUE 3
-- verdict 33: NF_QUEUE 7
-- verdict 34: NF_QUEUE 23
-- verdict 35: NF_QUEUE 39
-- verdict 36: NF_QUEUE 55
-- out 1-24: same
-- out 25-32: eth / ip options=01010100 ttl=9 / udp / text abc / cut 38-45
-- out 33-36: eth / ip options=01010100 ttl=9 / udp dport=53 / text abc / cut 46-49
