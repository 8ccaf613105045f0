-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  if ip.ttl > "5" or "5" >= ip.ttl then return NF_DROP end
  if ip:saddr():int() < "5" or ip.ttl < ip.saddr then return NF_DROP end
  if ip.ttl > true or ip.ttl < nil then return NF_DROP end
  if ip.ttl > 5 and ip.saddr < "2" and ip.ttl < ip.tos and "a" < "b" then return NF_DROP end
  if ip.ttl > tonumber("5") and ip.saddr < ip.daddr then return NF_DROP end
  return XT_CONTINUE
end
