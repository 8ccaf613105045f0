-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What the arguments of methods are.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  p:raw("ip", 20)
  p:raw("0", ip.ttl)
  p:raw(0, ip)
  p:raw(0, ip.saddr)
  p:raw(nil, 1)
  p:raw(0)
  ip:write("x", "y")
  ip:write("x", nil)
  ip:write("x", ip:ttl())
  ip:write("x", ip:ttl():get())
  ip:write(ip.ttl, 1)
  ip:write(print, 1)
  ip:options():int()
  ip:options():set("x")
  ip:options():sets(1)
  ip:ttl():sets(1)
  return NF_ACCEPT
end
