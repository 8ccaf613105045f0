-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet of a session ends anywhere: what is not all there is nil.
-- in: eth / pppoe / ip / udp / text abc / cut 14-53
function process_packet(p)
  local ppp = p:data(packet_eth):data(packet_pppoe)
  local ip = ppp and ppp:data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  assert((ppp ~= nil) == (#p >= 22) and (ip ~= nil) == (#p >= 42) and (udp ~= nil) == (#p >= 50))
  if ppp then
    assert(#ppp:data() == #p - 22)
    ppp.session = 7
  end
  if udp then udp.sport = 1 end
  return NF_DROP
end

-- verdict: NF_DROP
