-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sends what goes to some ports somewhere else, from another port.
local hosts = { [7] = "2.1.1.1", [80] = "2.1.1.2" }

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local host = hosts[udp.dport]
  if not host then return XT_CONTINUE end
  ip.daddr = host
  udp.sport = udp.sport ~ 0x4000
  return XT_CONTINUE
end
