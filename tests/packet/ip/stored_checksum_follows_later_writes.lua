-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A checksum that was stored as a value is what it is: nobody completes it, and later writes change it by their difference.
-- wrong checksums: 2
-- in: eth / ip / udp / text abc
-- in: eth / ip / tcp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  transport.check = 0x1234
  transport.dport = transport.dport + 1
  assert(transport.check == 0x1233)
  ip.daddr = "10.0.0.1"
  assert(transport.check == 0x1234)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip daddr=10.0.0.1 / udp dport=5679 check=0x1234 / text abc
-- out 2: eth / ip daddr=10.0.0.1 / tcp dport=5679 check=0x1234 / text abc
