-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A name that a header does not have reads as nil, unless it is nearly that of a field; calling it, and writing it, raise.
-- in 12 times: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  assert(ip.sport == nil and p:raw(0, 1).ttl == nil and not pcall(function() return p.ttl end) and ip[true] == nil)
  if n == 1 then ip:sport():set(1) end
  if n == 2 then ip.sport = 1 end
  if n == 3 then p.ttl = 1 end
  if n == 4 then ip[true] = 1 end
  if n == 5 then ip:data(packet_udp):sport().x = 1 end
  if n == 6 then ip.data = 1 end
  if n == 7 then ip.sadr = "10.0.0.1" end
  if n == 8 then return ip.ttll end
  if n == 9 then return ip.totlen end
  if n == 10 then ip:ttlx():set(1) end
  if n == 11 then ip:dtaa(packet_udp) end
  return p:rwa(0, 1)
end

-- verdict 1: error names_that_are_no_fields.lua:8: attempt to call a nil value (method 'sport')
-- verdict 2: error names_that_are_no_fields.lua:9: packet_ip has no field 'sport'
-- verdict 3: error names_that_are_no_fields.lua:10: packet_raw has no field 'ttl'
-- verdict 4: error names_that_are_no_fields.lua:11: packet_ip has no field 'true'
-- verdict 5: error names_that_are_no_fields.lua:12: packet_udp has no field 'x'
-- verdict 6: error names_that_are_no_fields.lua:13: packet_ip has no field 'data'
-- verdict 7: error names_that_are_no_fields.lua:14: packet_ip has no field 'sadr'; did you mean 'saddr'?
-- verdict 8: error names_that_are_no_fields.lua:15: packet_ip has no 'ttll'; did you mean 'ttl'?
-- verdict 9: error names_that_are_no_fields.lua:16: packet_ip has no 'totlen'; did you mean 'tot_len'?
-- verdict 10: error names_that_are_no_fields.lua:17: packet_ip has no 'ttlx'; did you mean 'ttl'?
-- verdict 11: error names_that_are_no_fields.lua:18: packet_ip has no 'dtaa'; did you mean 'data'?
-- verdict 12: error names_that_are_no_fields.lua:19: a packet has no 'rwa': did you mean 'raw'?
