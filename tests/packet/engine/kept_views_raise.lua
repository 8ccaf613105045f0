-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A view, a field or an array of bytes that is kept beyond its packet raises.
-- in 5 times: eth / ip / udp / text abc
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then
    ip = p:data(packet_eth):data(packet_ip)
    ttl = ip:ttl()
    array = ip:get()
    packet = p:raw(0, 1)
    return NF_ACCEPT
  end
  if n == 2 then return ip:ttl():get() end
  if n == 3 then ttl:set(1) end
  if n == 4 then array[0] = 1 end
  return packet:get()
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error kept_views_raise.lua:14: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- verdict 3: error kept_views_raise.lua:15: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- verdict 4: error kept_views_raise.lua:16: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- verdict 5: error kept_views_raise.lua:17: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- out: same
