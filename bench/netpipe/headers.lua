-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Looks at two headers, and changes nothing.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  if tcp and (ip.ttl < 2 or tcp.dport == 23) then return NF_DROP end
  return XT_CONTINUE
end
