-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet with a frame in VXLAN ends anywhere: what is not all there is nil.
-- in: eth / ip / udp / vxlan / eth / ip / udp / text abc / cut 42-95
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local vxlan = udp:data(packet_vxlan)
  local frame = vxlan and vxlan:data(packet_eth)
  local ip = frame and frame:data(packet_ip)
  local inner = ip and ip:data(packet_udp)
  assert((vxlan ~= nil) == (#p >= 50) and (frame ~= nil) == (#p >= 64) and (ip ~= nil) == (#p >= 84) and
         (inner ~= nil) == (#p >= 92))
  if vxlan then vxlan.vni = 7 end
  if frame then frame.type = frame.type end
  if inner then inner.sport = 1 end
  return NF_DROP
end

-- verdict: NF_DROP
