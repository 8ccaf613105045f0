-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Counts packets and bytes of each source.
local packets, octets = {}, {}

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  local source = ip:saddr():int()
  packets[source] = (packets[source] or 0) + 1
  octets[source] = (octets[source] or 0) + ip.tot_len
  return XT_CONTINUE
end
