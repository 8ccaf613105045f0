-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Rewrites, with a function of its own that finds the headers.
local function headers(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip, ip and ip:data(packet_udp)
end

function process_packet(p)
  local ip, udp = headers(p)
  if not udp then return XT_CONTINUE end
  if udp.dport == 7 then ip.daddr = "2.1.1.1" end
  return XT_CONTINUE
end
