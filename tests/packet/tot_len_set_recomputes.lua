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
