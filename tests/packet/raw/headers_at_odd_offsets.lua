-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Headers that begin at odd bytes are written like others: sums begin where the header does.
-- wrong checksums: 1
-- in: eth / ip / icmp id=0 sequence=0 / ip / udp / text abc
-- in: eth / hex 77 / ip / udp / text abcd
-- in: eth / hex 778899 / ip options=01010100 / tcp / text abc
-- in: eth / hex 77 / ip / icmp / text abc
function process_packet(p)
  local eth = p:data(packet_eth)
  local skip = eth.type == 0x0800 and 28 or p:raw(15, 1):get()[0] == 0x88 and 3 or 1
  local ip = eth:data():raw(skip, #p - 14 - skip):data(packet_ip)
  assert(ip:get_offset() == 14 + skip)
  ip.saddr = "192.0.2.1"
  ip:daddr():set("192.0.2.2")
  ip.ttl = 1
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  if transport then
    transport.sport = 80
    transport:dport():set(81)
    assert(transport.sport == 80 and transport.dport == 81)
  else
    ip:data(packet_icmp).code = 9
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / icmp id=0 sequence=0 checksum=0x0c1f / ip ttl=1 saddr=192.0.2.1 daddr=192.0.2.2
--   / udp sport=80 dport=81 / text abc
-- out 2: eth / hex 77 / ip ttl=1 saddr=192.0.2.1 daddr=192.0.2.2 / udp sport=80 dport=81 / text abcd
-- out 3: eth / hex 778899 / ip options=01010100 ttl=1 saddr=192.0.2.1 daddr=192.0.2.2 / tcp sport=80 dport=81
--   / text abc
-- out 4: eth / hex 77 / ip ttl=1 saddr=192.0.2.1 daddr=192.0.2.2 / icmp code=9 / text abc
