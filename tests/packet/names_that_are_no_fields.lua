-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A name that a header does not have reads as nil; calling it, and writing it, raise.
-- in 6 times: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  assert(ip.sport == nil and p.ttl == nil and ip[1] == nil)
  if n == 1 then ip:sport():set(1) end
  if n == 2 then ip.sport = 1 end
  if n == 3 then p.ttl = 1 end
  if n == 4 then ip[1] = 1 end
  if n == 5 then ip:data(packet_udp):sport().x = 1 end
  ip.data = 1
end
