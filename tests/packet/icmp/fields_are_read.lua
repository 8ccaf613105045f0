-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an ICMP header is read, in long form and shorthand.
-- in: eth / ip / icmp type=8 code=0 id=0xbeef sequence=0xfffe / text ping
-- in: eth / ip / icmp type=255 code=255 id=0 sequence=0
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)
  assert(icmp:type():get() == icmp.type and icmp:code():get() == icmp.code and icmp:id():get() == icmp.id)
  assert(icmp:checksum():get() == icmp.checksum and icmp:sequence():get() == icmp.sequence)
  error(table.concat({icmp.type, icmp.code, icmp.checksum, icmp.id, icmp.sequence, tostring(icmp), #icmp:data()}, " "), 0)
end

-- verdict 1: error 8 0 23104 48879 65534 packet_icmp offset 34 length 12 4
-- verdict 2: error 255 255 0 0 0 packet_icmp offset 34 length 8 0
