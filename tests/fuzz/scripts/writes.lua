-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every field, in each way of writing; values come from the packet.
local function tcp(v, n)
  v.sport = v.dport
  v:dport():set(n * 17)
  v.seq = v.seq ~ 0xFFFFFFFF
  v:ack():set(v.seq)
  v.reserved = n & 15
  v.flags = n & 255
  v:window_size():set(1024)
  v.urgent = 0
  v:check():set(v.check)
  v:check():set()
  v.data_off = v.data_off
  v.data_off = 5 + (n & 7)
  local o = v:options()
  if o then o:set(1) end
end

local function udp(v, n)
  v.sport = 53
  v:dport():set(v.sport)
  v.length = v.length
  if n & 4 == 4 then v:length():set(8 + (n & 31)) end
  if v.check ~= 0 then v:check():set() end
  if n & 8 == 8 then v.check = 0 end
  v.sport = 54
end

local function icmp(v, n)
  v.type = 0
  v:code():set(n & 255)
  v.id = v.sequence
  v:sequence():set(v.id + 1 & 0xFFFF)
  v:checksum():set()
  v.checksum = n
end

local function ip(v, n)
  v.tos = n & 255
  v:id():set(v.id ~ 1)
  v.ttl = 7
  v:ttl():set(v.ttl - 1)
  v.saddr = "192.0.2.1"
  v:daddr():set("198.51.100." .. (n & 255))
  v.daddr = v:saddr():int() + 1
  v.saddr, v.daddr = v.daddr, v.saddr
  v.check = v.check
  v:check():set()
  v.flags = n & 7
  v.frag_off = 0
  v.version = 4
  local t, u, i = v:data(packet_tcp), v:data(packet_udp), v:data(packet_icmp)
  if t then tcp(t, n) end
  if u then udp(u, n) end
  if i then icmp(i, n) end
  v.tot_len = v.tot_len
  v.ihl = v.ihl
  if n & 16 == 16 then v.ihl = 5 + (n & 3) end
  if n & 32 == 32 then v.tot_len = n & 127 end
  v:protocol():set(n % 20)
  v:frag_off():set(n % 3)
end

function process_packet(p)
  local n = #p > 20 and p:get()[19] + p:get()[5] or 1
  local link = p:data(packet_eth)
  local network = link and link:data(packet_ip) or p:data(packet_ip)
  if network then ip(network, n) end
  if link and link.type then
    link.dmac, link.smac = link.smac, link.dmac
    link:dmac():set("01:02:03:aa:Bb:cC")
    link:smac():set(0x020000000001)
    link.type = n
  end
  return NF_ACCEPT
end

function wrong_values(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local wrong = { -1, 256, 1 << 40, "x", "1.2.3", "256.1.1.1", "1.1.1.1x", {}, p, ip, true, function() end }
  local failed = 0
  for i = 1, #wrong do
    for _, name in ipairs { "ttl", "ihl", "saddr", "daddr", "flags" } do
      local ok, message = pcall(function() ip[name] = wrong[i] end)
      if not ok then
        failed = failed + 1
        print(message)
      end
    end
  end
  return failed > 40 and NF_STOLEN or NF_DROP
end

-- methods of one kind of object on another
function wrong_receivers(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local failed, field, header = 0, ip.ttl and ip:ttl(), ip:data(packet_udp) or ip:data(packet_tcp) or ip
  local calls = {
    function() return field.int(ip) end, function() return field.get(ip) end, function() field.set(ip, 1) end,
    function() return ip.ttl(header) end, function() return ip.sport(ip) end, function() return ip:options():int() end,
    function() return ip.raw(1, 2, 3) end, function() return ip:ttl():ttl() end, function() return header:ttl() end,
    function() ip:check():set({}) end, function() ip:saddr():set("1.2.3.4.5") end, function() ip:saddr():set("") end,
    function() p:data(packet_eth):dmac():set("01:02:03:04:05:0g") end,
    function() p:data(packet_eth):dmac():set("01:02:03-04:05:06") end,
    function() p:data(packet_eth):dmac():set("01:02") end, function() p:data(packet_eth).dmac = 1 << 48 end,
    function() return getmetatable(p).__index end, function() p.raw = 1 end, function() ip.data = 1 end,
    function() return ip[1] end, function() ip[1] = 1 end, function() ip[ip] = ip end, function() return ip[nil] end,
    function() return ("x").raw(p, 0, 1) end, function() return p:raw() end, function() return p:raw(0, {}) end,
  }
  for i = 1, #calls do
    local ok, message = pcall(calls[i])
    if not ok then failed = failed + 1 end
    print(i, ok, ok or message)
  end
  local methods = { "raw", "data", "get", "set", "to_bytes", "get_size", "get_offset", "int", "ttl", "string" }
  for _, name in ipairs(methods) do
    for _, object in ipairs { p, ip, ip:daddr(), p:get(), bytes.new(4) } do
      local ok, method = pcall(function() return object[name] end)
      print(name, ok, type(method), type(method) == "function" and pcall(method, object, 1, 1))
    end
  end
  return NF_ACCEPT
end
