-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A network address translation in two rules, one for each direction:
--   iptables -t mangle -A POSTROUTING -o eth1 -j LUA --script nat.lua --function process_packet_snat
--   iptables -t mangle -A PREROUTING  -i eth1 -j LUA --script nat.lua --function process_packet_dnat

-- outgoing packets come from the router
function process_packet_snat(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:saddr():set("10.0.0.1")
  return XT_CONTINUE
end

-- incoming packets go to the host behind it
function process_packet_dnat(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:daddr():set("192.168.0.2")
  return XT_CONTINUE
end
