-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function find(t, x)
  for k, v in pairs(t) do if v == x then return k end end
end
function proto_of(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip then return ip.protocol end
end
function level(p)
  if #p > 5 then return 7 end
  if #p > 4 then return 1 end
  return p:data(packet_eth) and 1 or 0
end
function scale(n)
  if n > 3 then return 7 end
  return 1
end
function process_packet(p)
  find({}, proto_of(p))
  return level(p) == 7 and NF_DROP or NF_ACCEPT
end
