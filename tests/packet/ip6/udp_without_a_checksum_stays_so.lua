-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP without a checksum, as tunnels over IPv6 send it (RFC 6935), has none afterwards.
-- in: eth / ip6 / udp check=0 / text even
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  ip.daddr = "2001:db8::1"
  ip:data(packet_udp).dport = 4789
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip6 daddr=2001:db8::1 / udp dport=4789 check=0 / text even
-- wrong checksums: 1
