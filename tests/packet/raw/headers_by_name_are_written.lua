-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Headers by name are those that a chain of :data() finds; they are found anew where something says otherwise what follows.
-- Without a link layer there is no p.eth. Names of no protocol raise, and name the nearest; a header cannot be assigned.
-- not with partial checksums: for a while the packet says that it is of TCP, and then nobody knows what the checksum covers
-- link: raw
-- in 10 times: ip / udp / text abc
-- in: ip6 / tcp / text abc
function process_packet(p)
  n = (n or 0) + 1
  local ip = p:data(packet_eth):data(packet_ip)
  assert(p.eth == nil and p.vlan == nil)
  if not ip then
    assert(p.ip == nil and p.udp == nil)
    p.ip6.daddr = "2001:db8::1"
    p.tcp.dport = 53
    p.tcp:data():set("longer")
    return XT_CONTINUE
  end
  if n == 1 then local u = p.udpp end
  if n == 2 then local u = p.nothing_like_it end
  if n == 3 then p.udp = 1 end
  if n == 4 then p.udpp = 1 end
  if n == 5 then p:udp() end
  if n == 9 then return p.ttl end
  if n == 10 then return p:to_byte() end
  if n == 6 then
    local udp = p.udp
    ip.protocol = 136
    assert(p.udp == nil and p.udplite.dport == 5678)
    assert(not pcall(function() return udp.dport end))
    ip.protocol = 17
    assert(p.udp.dport == udp.dport)
  end
  if n == 7 then p.udp:data():set("longer") p.udp.dport = 53 p.ip.daddr = "192.0.2.1" end
  if n == 8 then
    local bytes = p:get()
    bytes[9] = 6
    assert(p.udp == nil)
    bytes[9] = 17
    assert(p.udp:get_offset() == 20)
    kept = kept or p.udp
    for i = 1, 100 do assert(p.ip.ttl == 64 and p.udp.sport == 1234) end
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 1: error headers_by_name_are_written.lua:19: a packet has no 'udpp': did you mean 'udp'?
-- verdict 2: error headers_by_name_are_written.lua:20: a packet has no 'nothing_like_it': neither a
--   protocol of supported_protocols nor a method is called so
-- verdict 3: error headers_by_name_are_written.lua:21: a header cannot be assigned: assign its fields, p.udp.field = value
-- verdict 4: error headers_by_name_are_written.lua:22: packet_raw has no field 'udpp'
-- verdict 5: error headers_by_name_are_written.lua:23: attempt to call a packet_udp value (method 'udp')
-- verdict 9: error headers_by_name_are_written.lua:24: a packet has no 'ttl': did you mean 'ip.ttl'?
-- verdict 10: error headers_by_name_are_written.lua:25: a packet has no 'to_byte': did you mean 'to_bytes'?
-- out 6: ip / udp / text abc
-- out 7: ip daddr=192.0.2.1 / udp dport=53 / text longer
-- out 8: ip / udp / text abc
-- out 11: ip6 daddr=2001:db8::1 / tcp dport=53 / text longer
