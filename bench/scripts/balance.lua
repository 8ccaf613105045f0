-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Chooses a backend by a hash of source and port.
local backends = { [0] = "2.1.1.1", "2.1.1.1", "2.1.1.1", "2.1.1.1" }

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local hash = ip:saddr():int() * 2654435761 ~ udp.sport * 40503
  hash = (hash ~ hash >> 16) & 3
  ip.daddr = backends[hash]
  return XT_CONTINUE
end
