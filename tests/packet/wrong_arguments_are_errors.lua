-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Methods called with what they do not take.
-- wrong checksums: 1
-- in 9 times: eth / ip / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  if n == 1 then ip:ttl():set("x") end
  if n == 2 then ip:ttl():set() end
  if n == 3 then ip:ttl():set({}) end
  if n == 4 then p:raw(1) end
  if n == 5 then p:raw("a", 1) end
  if n == 6 then ip.ttl() end
  if n == 7 then p.data({}) end
  if n == 8 then ip:ttl():raw(0, 1):set(9) return NF_ACCEPT end
  ip:options():int()
end
