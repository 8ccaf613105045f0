-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- set(value) stores a checksum as it is given.
-- wrong checksums: 3
-- in: eth / ip / udp / text abc
-- in: eth / ip / tcp / text abc
-- in: eth / ip / icmp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  if transport then
    transport:check():set(0x1234)
    assert(transport.check == 0x1234)
  else
    ip:data(packet_icmp).checksum = 0xFFFF
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp check=0x1234 / text abc
-- out 2: eth / ip / tcp check=0x1234 / text abc
-- out 3: eth / ip / icmp checksum=0xffff / text abc
