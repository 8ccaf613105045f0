-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- set() without a value computes the checksum of IP, UDP, TCP and ICMP anew.
-- in: eth / ip check=0 / udp check=1 / text abc
-- in: eth / ip check=+1 / tcp check=0 / text abcd
-- in: eth / ip check=0xffff / icmp checksum=0 / text abcde
-- in: eth / ip check=1 options=01010100 / tcp check=7 options=01010100 / hex 00
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  ip:check():set()
  if transport then
    transport:check():set()
  else
    ip:data(packet_icmp):checksum():set()
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp / text abc
-- out 2: eth / ip / tcp / text abcd
-- out 3: eth / ip / icmp / text abcde
-- out 4: eth / ip options=01010100 / tcp options=01010100 / hex 00
