-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of a UDP header is read, in long form and shorthand.
-- not with partial checksums: it reads the checksum
-- in: eth / ip / udp sport=0xffff dport=0 / text abc
-- in: eth / ip / udp sport=1 dport=0x8000 check=0
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  assert(udp:sport():get() == udp.sport and udp:dport():get() == udp.dport)
  assert(udp:length():get() == udp.length and udp:check():get() == udp.check)
  error(table.concat({udp.sport, udp.dport, udp.length, udp.check, #udp:data(), tostring(udp)}, " "), 0)
end

-- verdict 1: error 65535 0 11 10099 3 packet_udp offset 34 length 11
-- verdict 2: error 1 32768 8 0 0 packet_udp offset 34 length 8
