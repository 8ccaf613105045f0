-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet with labels ends anywhere: what is not all there is nil.
-- in: eth / mpls / mpls / ip6 / udp / text abc / cut 14-73
function process_packet(p)
  local first = p:data(packet_eth):data(packet_mpls)
  local second = first and first:data(packet_mpls)
  local ip = second and second:data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  assert((first ~= nil) == (#p >= 18) and (second ~= nil) == (#p >= 22) and (ip ~= nil) == (#p >= 62) and
         (udp ~= nil) == (#p >= 70))
  if second then
    assert(not second:data(packet_ip) and #second:data() == #p - 22)
    second.ttl = 1
  end
  if udp then udp.sport = 1 end
  return NF_DROP
end

-- verdict: NF_DROP
