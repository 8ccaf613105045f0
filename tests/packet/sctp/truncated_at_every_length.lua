-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- SCTP ends anywhere: a header that is not all there is nil; in what an ICMP error quotes, 8 bytes of it are a view.
-- in: eth / ip / sctp / text abc / cut 34-49
-- in: eth / ip / icmp type=3 id=0 sequence=0 / ip / sctp / cut 68-74
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip:data(packet_icmp)
  local sctp = (icmp and icmp:data(packet_ip) or ip):data(packet_sctp)
  local wants = icmp and 70 or 46
  assert((sctp ~= nil) == (#p >= wants), #p)
  if not sctp then return NF_DROP end
  assert(sctp.dport == 5678 and sctp.vtag == 1000 and (sctp.check ~= nil) == (#p >= (icmp and 74 or 46)))
  sctp.sport = 1
  return NF_DROP
end

-- verdict: NF_DROP
