-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  if ip:ttl() == 64 then return NF_DROP end
  if ip:ttl() < 5 then return NF_DROP end
  if ip:saddr() == ip:daddr() then return NF_DROP end
  local n = ip:ttl() - 1
  print("from " .. ip:saddr())
  print("from " .. ip.saddr, -ip:ttl())
  if p:get() == "x" then return NF_DROP end
  if ip == nil or ip:options() == nil then return NF_DROP end
  return XT_CONTINUE
end
