-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A header whose extension headers are not all there, or more than 16, is nil; up to 16 are passed over.
-- in: eth / ip6 nexthdr=0 / hex 11000104
-- in: eth / ip6 nexthdr=0 / hex 1101010400000000
-- in: eth / ip6 nexthdr=0 / hex 3cff010400000000 / fill 64 0x00
-- in: eth / ip6 nexthdr=43 / nothing
-- in: eth / ip6 nexthdr=44 / hex 11000000aabbcc
-- in: eth / ip6 nexthdr=51 / hex 1104000000001234
-- in: eth / ip6 nexthdr=0 / fill 136 0x00
-- in: eth / ip6 nexthdr=0 / hex 0000010400000000 0000010400000000 0000010400000000 0000010400000000
--   0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000
--   0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000 1100010400000000 04d2162e00080000
-- in: eth / ip6 nexthdr=0 / hex 0000010400000000 0000010400000000 0000010400000000 0000010400000000
--   0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000
--   0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000 0000010400000000
--   1100010400000000 04d2162e00080000
-- in: eth / ip6 nexthdr=0 payload_len=8 extensions=1101010400000000_0000000000000000 / udp
-- in: eth / ip6 nexthdr=59 / text none
-- in: eth / ip6 nexthdr=50 / fill 40 0x00
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then error("no header", 0) end
  local udp = ip:data(packet_udp)
  error(udp and tostring(udp) or tostring(ip:data()), 0)
end

-- verdict 1-7, 9: error no header
-- verdict 8: error packet_udp offset 182 length 8
-- verdict 10: error nil
-- verdict 11: error packet_raw offset 54 length 4
-- verdict 12: error packet_raw offset 54 length 40
