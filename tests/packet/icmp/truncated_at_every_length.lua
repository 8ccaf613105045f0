-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- ICMP headers and the packet that an error quotes end at any byte.
-- in: eth / ip / icmp type=3 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp / cut 30-70
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip and ip:data(packet_icmp)
  local quoted = icmp and icmp:data():data(packet_ip)
  local udp = quoted and quoted:data(packet_udp)
  if quoted then quoted.daddr = "192.0.2.1" end
  if udp then udp.sport = 7 end
  return NF_QUEUE | (ip and 2 or 0) + (icmp and 4 or 0) + (quoted and 8 or 0) + (udp and 16 or 0) << 16
end

-- verdict 1-4: NF_QUEUE 0
-- verdict 5-12: NF_QUEUE 2
-- verdict 13-32: NF_QUEUE 6
-- verdict 33-40: NF_QUEUE 14
-- verdict 41: NF_QUEUE 30
-- out 1-32: same
-- out 33-40: eth / ip / icmp type=3 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=192.0.2.1 / udp check=0xd0db
--   / cut 62-69
-- out 41: eth / ip / icmp type=3 id=0 sequence=0 / ip saddr=10.0.0.2 daddr=192.0.2.1 / udp sport=7 / cut 70
