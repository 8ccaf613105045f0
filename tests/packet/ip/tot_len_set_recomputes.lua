-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing tot_len changes what TCP's and ICMP's checksums are of: they are computed anew.
-- not with partial checksums: the device sums all bytes that there are, whatever tot_len says
-- in: eth / ip / tcp / text payload
-- in: eth / ip / icmp / text payload
-- in: eth / ip / icmp / text even
-- in: eth / ip options=01010100 / tcp / text payload
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.tot_len = ip.tot_len - 3
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip tot_len=44 / tcp check=0x6b40 / text payload
-- out 2: eth / ip tot_len=32 / icmp checksum=0x0e2a / text payload
-- out 3: eth / ip tot_len=29 / icmp checksum=0x92f7 / text even
-- out 4: eth / ip options=01010100 tot_len=48 / tcp check=0x6b40 / text payload
