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
