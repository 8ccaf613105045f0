-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --object eth -f translate
function translate(p)
  p.dmac = "02:00:00:00:00:01"
  p:data(packet_eth).smac = "02:00:00:00:00:02"
  p:data(packet_eth):data(packet_eth).smac = "02:00:00:00:00:02"
  p.ttl = 3
  local arp = p:data(packet_arp)
  if arp then arp.oper = 2 end
  return XT_CONTINUE
end
