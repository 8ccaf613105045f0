-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  if ip.ttl == "64" then return NF_DROP end
  if ip.ttl == 256 or 300 == ip.ttl then return NF_DROP end
  if ip.daddr == 0x7F000001 then return NF_DROP end
  if ip.daddr == "192.0.2" then return NF_DROP end
  if ip.daddr == "192.0.2.1" then return NF_DROP end
  local eth = p:data(packet_eth)
  if eth.smac == "00:00:5e:00:53:01" then return NF_DROP end
  if eth.smac ~= "00:00:5E:00:53:01" then return NF_DROP end
  if ip:saddr():int() == "192.0.2.1" then return NF_DROP end
  if ip.saddr < 5 or ip.saddr + 1 == 5 then return NF_DROP end
  return XT_CONTINUE
end
