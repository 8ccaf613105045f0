-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A proxy answers for an address: the request becomes the reply, on its way back.
-- in: eth dmac=FF:FF:FF:FF:FF:FF / arp sha=02:00:00:00:00:02 spa=10.0.0.1 tpa=10.0.0.77
-- in: eth / ip / udp
function process_packet(p)
  local eth = p:data(packet_eth)
  local arp = eth:data(packet_arp)
  if not arp or arp.oper ~= 1 or arp.tpa ~= "10.0.0.77" then return XT_CONTINUE end
  local me, asker, about = "02:00:00:00:00:77", arp.sha, arp.spa
  arp.oper = 2
  arp.tha, arp.spa, arp.tpa = asker, arp.tpa, about
  arp.sha = me
  eth.dmac, eth.smac = asker, me
  return NF_ACCEPT
end

-- verdict 1: NF_ACCEPT
-- verdict 2: XT_CONTINUE
-- out 1: eth dmac=02:00:00:00:00:02 smac=02:00:00:00:00:77 / arp oper=2 sha=02:00:00:00:00:77 spa=10.0.0.77
--   tha=02:00:00:00:00:02 tpa=10.0.0.1
-- out 2: same
