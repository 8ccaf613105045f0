-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet with AH ends anywhere: what is not all there is nil.
-- in: eth / ip / ah / udp / text abc / cut 34-68
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local ah = ip:data(packet_ah)
  local udp = ah and ah:data(packet_udp)
  assert((ah ~= nil) == (#p >= 58) and (udp ~= nil) == (#p >= 66))
  ip.daddr = "192.0.2.1"
  if ah then ah.seq = 7 end
  if udp then udp.sport = 1 end
  return NF_DROP
end

-- verdict: NF_DROP
