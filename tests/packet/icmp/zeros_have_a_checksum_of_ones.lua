-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The sum of zeros is 0, and its complement is sent: ffff. Of words that are not all 0 and come to -0 it is 0.
-- in: eth / ip / icmp type=8 id=0 sequence=0
-- in: eth / ip / icmp type=8 id=0 sequence=0 / fill 56 0x00
-- in: eth / ip / icmp type=8 id=0 sequence=0 / fill 57 0x00
-- in: eth / ip / icmp type=8 id=0 sequence=0 / hex 00000000ffff
-- in: eth / ip / icmp type=8 id=0xffff sequence=0
-- in: eth / ip flags=1 / icmp type=8 id=0 sequence=0 / fill 64 0x00
-- in: eth / ip flags=1 / icmp type=8 id=0xffff sequence=0 / fill 64 0x00
-- in: eth / ip / icmp type=0 id=0 sequence=0 / fill 9 0x00
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)
  icmp.type = 0
  local sums = string.format("%04x", icmp.checksum)
  icmp:id():set(icmp.id ~ 0xffff)
  sums = sums .. string.format(" %04x", icmp.checksum)
  icmp.id = icmp.id ~ 0xffff
  sums = sums .. string.format(" %04x", icmp.checksum)
  if icmp:data():get_size() < 64 then
    icmp:checksum():set()
    sums = sums .. string.format(" %04x", icmp.checksum)
  end
  if icmp.type == 0 then error(sums, 0) end
end

-- verdict 1-3, 8: error ffff 0000 ffff ffff
-- verdict 4: error 0000 0000 0000 0000
-- verdict 5: error 0000 ffff 0000 0000
-- verdict 6: error ffff 0000 ffff
-- verdict 7: error 0000 ffff 0000
