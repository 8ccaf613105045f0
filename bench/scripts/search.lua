-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Looks for a pattern in the payload, which is not there.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return NF_DROP end
  if udp:data():get():string():find("GET /[%w/]+ HTTP") then return NF_DROP end
  return XT_CONTINUE
end
