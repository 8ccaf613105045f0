-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Marks packets by port: the upper six bits of the field.
local classes = { [7] = 46, [53] = 34, [5060] = 26 }

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local class = classes[udp.dport]
  if class then ip.tos = class << 2 | ip.tos & 3 end
  return XT_CONTINUE
end
