-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A name that a header does not have reads as nil; calling it, and writing it, raise.
-- in 6 times: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  assert(ip.sport == nil and p.ttl == nil and ip[true] == nil)
  if n == 1 then ip:sport():set(1) end
  if n == 2 then ip.sport = 1 end
  if n == 3 then p.ttl = 1 end
  if n == 4 then ip[true] = 1 end
  if n == 5 then ip:data(packet_udp):sport().x = 1 end
  ip.data = 1
end

-- verdict 1: error names_that_are_no_fields.lua:8: attempt to call a nil value (method 'sport')
-- verdict 2: error names_that_are_no_fields.lua:9: packet_ip has no field 'sport'
-- verdict 3: error names_that_are_no_fields.lua:10: packet_raw has no field 'ttl'
-- verdict 4: error names_that_are_no_fields.lua:11: packet_ip has no field 'true'
-- verdict 5: error names_that_are_no_fields.lua:12: packet_udp has no field 'x'
-- verdict 6: error names_that_are_no_fields.lua:13: packet_ip has no field 'data'
