-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- counts the packets of each connection
local seen = {}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local x = ip and (ip:data(packet_tcp) or ip:data(packet_udp))
  if not x then return XT_CONTINUE end
  local key = string.pack(">I4I4I2I2", ip:saddr():int(), ip:daddr():int(), x.sport, x.dport)
  seen[key] = (seen[key] or 0) + 1
  return XT_CONTINUE
end
