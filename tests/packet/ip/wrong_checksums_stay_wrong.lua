-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Checksums that were wrong stay wrong by the same difference: an error on the way is not hidden.
-- wrong checksums: 4
-- in: eth / ip check=+1 / udp / text abc
-- in: eth / ip / udp check=+256 / text abc
-- in: eth / ip / tcp check=+1 / text abcd
-- in: eth / ip / icmp checksum=+2 / text abcd
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  ip.saddr = "192.0.2.200"
  ip.ttl = 63
  if transport then
    transport.dport = 53
  else
    ip:data(packet_icmp).sequence = 4660
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip check=+1 ttl=63 saddr=192.0.2.200 / udp dport=53 / text abc
-- out 2: eth / ip ttl=63 saddr=192.0.2.200 / udp check=+256 dport=53 / text abc
-- out 3: eth / ip ttl=63 saddr=192.0.2.200 / tcp check=+1 dport=53 / text abcd
-- out 4: eth / ip ttl=63 saddr=192.0.2.200 / icmp checksum=+2 sequence=4660 / text abcd
