-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Byte arrays are seen as packets, those of their own memory and those of the packet, and back: no copy; views of both do not
-- affect each other, whatever comes in between; views of an array last as long as they are wanted.
-- in 3 times: eth / ip / udp / hex 4500001c000000004011000001020304050607080001000200080000
local kept, array = nil, bytes.new(28)
local early = bytes.to_packet(array, packet_ip)
early.version = 4
early.ihl = 5
early.tot_len = 28
function process_packet(p)
  n = (n or 0) + 1
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local inner = bytes.to_packet(udp:data():get(), packet_ip)
  assert(inner.saddr == "1.2.3.4" and inner:data(packet_udp).dport == 2)
  local a = udp:data():to_bytes()
  local own = bytes.to_packet(a, packet_ip)
  assert(own.saddr == "1.2.3.4" and ip.saddr ~= own.saddr and own:saddr():int() == 0x01020304 and udp.dport ~= own:data(packet_udp).dport)
  own.saddr = ip.saddr
  own.ttl = ip.ttl + n
  own:check():set()
  assert(a[8] == ip.ttl + n and own.saddr == ip.saddr and inner.saddr == "1.2.3.4" and a:u32(12) == ip:saddr():int())
  a[9] = 6
  assert(own.protocol == 6 and own:data(packet_udp) == nil)
  a[9] = 17
  local u = own:data(packet_udp)
  u.dport = 53
  assert(u.dport == 53 and a:u16(22) == 53 and inner:data(packet_udp).dport == 2 and u:raw(2, 2):get():u16(0) == 53)
  u:write(ip:get():slice(12, 2))
  assert(a:slice(20, 2) == ip:raw(12, 2):get() and own:raw(20, 2):get() == a:slice(20, 2) and #own == 28 and #own:raw(20, 8) == 8)
  assert(bytes.to_bytes(u) == a:slice(20, 8) and bytes.to_bytes(own, packet_ip) == a and bytes.to_bytes(ip) == ip:get())
  bytes.to_bytes(own)[8] = 9
  assert(own.ttl == 9 and not pcall(function() own:data():set("other") end) and not pcall(function() own.ttl = 256 end))
  assert(bytes.to_packet(bytes.new(19), packet_ip) == nil and bytes.to_packet(a, packet_raw):data(packet_ip).ttl == 9)
  assert(early.ihl == 5 and array[0] == 0x45)
  early.id = n
  if kept then assert(kept.ttl == 9 and kept:data(packet_udp).dport == 53 and kept:tot_len():get() == 28 and array:u16(4) == n) end
  kept = own
  own, u, a = nil, nil, nil
  collectgarbage()
  assert(kept.daddr == "5.6.7.8" and udp.length == 36)
  ip.id = kept.ttl + n
  if n == 2 then error(tostring(kept), 0) end
  if n == 3 then return bytes.to_packet(p, packet_ip) end
  return NF_ACCEPT
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error packet_ip offset 0 length 28
-- verdict 3: error arrays_are_packets.lua:44: bad argument #1 to 'to_packet' (byte array expected, got packet_raw)
-- out 1: eth / ip id=10 / udp / hex 4500001c000000004011000001020304050607080001000200080000
