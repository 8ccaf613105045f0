-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet that ends anywhere: headers that are not all there are nil, nothing is read beyond the end.
-- in: eth / ip6 nexthdr=0 extensions=1100050200000000 / udp / text abcd / cut 14-70
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  assert((ip ~= nil) == (#p >= 14 + 48), #p)
  if not ip then return NF_DROP end
  local udp = ip:data(packet_udp)
  assert((udp ~= nil) == (#p >= 14 + 56), #p)
  ip.daddr = "2001:db8::1"
  return NF_DROP
end

-- verdict: NF_DROP
