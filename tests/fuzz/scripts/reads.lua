-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- fuzz: reads
local function all(v)
  local size = #v
  print(v, v:get_offset(), v:get_size(), v:to_bytes(), v:get():string() == v:to_bytes():string())
  if v:raw(0, size):get() ~= v:get() then error("raw") end
  print(v:raw(size, 0), v:raw(size, 1), v:raw(-1, 1), v:raw(1, -1))
  return v:data(), v:data(packet_raw)
end

local function field(f)
  print(f, f:get_offset(), #f, f:get_size(), f:to_bytes(), f:get())
end

local function options(f)
  if f then print(f, #f, f:get(), f:to_bytes(), f:data(), f:data(packet_udp)) end
end

local function eth(v)
  if v.dmac then all(v) end
  print(v.dmac, v.smac, v.type)
  print(v:dmac():get(), v:smac():get(), v:type():get())
  print(v:dmac():int(), v:smac():int(), v:type():int())
  print(v:dmac(), v:smac(), v:type(), v)
end

local function tcp(v)
  all(v)
  print(v.sport, v.dport, v.seq, v.ack, v.data_off, v.reserved, v.flags, v.window_size, v.check, v.urgent)
  print(v:sport():get(), v:dport():get(), v:seq():get(), v:ack():get(), v:data_off():get(),
    v:reserved():get(), v:flags():get(), v:window_size():get(), v:check():get(), v:urgent():get())
  print(v:seq():int(), v:ack():int(), v:flags():int(), v:reserved():int())
  options(v:options())
  field(v:seq())
  field(v:data_off())
  print(v.options, v:data(packet_udp))
end

local function udp(v)
  all(v)
  print(v.sport, v.dport, v.length, v.check)
  print(v:sport():get(), v:dport():get(), v:length():get(), v:check():get())
  print(v:sport():int(), v:dport():int(), v:length():int(), v:check():int())
  field(v:length())
end

local function icmp(v)
  all(v)
  print(v.type, v.code, v.checksum, v.id, v.sequence)
  print(v:type():get(), v:code():get(), v:checksum():get(), v:id():get(), v:sequence():get())
  print(v:type():int(), v:code():int(), v:checksum():int(), v:id():int(), v:sequence():int())
  field(v:code())
end

local function ip(v, depth)
  all(v)
  print(v.version, v.ihl, v.tos, v.tot_len, v.id, v.flags, v.frag_off, v.ttl, v.protocol, v.check,
    v.saddr, v.daddr)
  print(v:version():get(), v:ihl():get(), v:tos():get(), v:tot_len():get(), v:id():get(),
    v:flags():get(), v:frag_off():get(), v:ttl():get(), v:protocol():get(), v:check():get(),
    v:saddr():get(), v:daddr():get())
  print(v:saddr():int(), v:daddr():int(), v:flags():int(), v:frag_off():int(), v:version():int())
  field(v:frag_off())
  field(v:daddr())
  options(v:options())
  print(v.options, v.nothing, v.data ~= nil)
  local t, u, i = v:data(packet_tcp), v:data(packet_udp), v:data(packet_icmp)
  if t then tcp(t) end
  if u then udp(u) end
  if i then icmp(i) end
  local inner = v:data() and v:data():data(packet_ip) or i and i:data() and i:data():data(packet_ip) or
    u and u:data() and u:data():data(packet_ip)
  if inner and depth < 4 then ip(inner, depth + 1) end
end

function process_packet(p)
  all(p)
  local link = p:data(packet_eth)
  if link then eth(link) end
  local network = link and link:data(packet_ip)
  if network then ip(network, 0) end
  local other = p:data(packet_ip)
  if other and not network then ip(other, 0) end
  return XT_CONTINUE
end
