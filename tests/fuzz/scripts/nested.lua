-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Headers in headers, at even and odd bytes, until there are too many.
local function inside(v)
  local payload = v:data()
  return payload and (payload:data(packet_ip) or #payload > 21 and payload:raw(1, #payload - 1):data(packet_ip))
end

local function down(v, depth)
  if depth > 12 then return end
  v.ttl = depth + 1
  v:saddr():set("10.1.1." .. depth)
  for _, id in ipairs { packet_tcp, packet_udp, packet_icmp } do
    local t = v:data(id)
    if t then
      if id == packet_icmp then t.id = depth else t.sport = depth end
      local inner = inside(t)
      if inner then down(inner, depth + 1) end
    end
  end
  local inner = inside(v)
  if inner then down(inner, depth + 1) end
end

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip then down(ip, 0) end
  return XT_CONTINUE
end

function many(p)
  local v = p
  for i = 1, 40 do
    local ok, payload = pcall(v.data, v)
    if not ok then
      print(payload)
      return NF_DROP
    end
    if not payload then break end
    v = payload
    local icmp = v:data(packet_icmp)
    if icmp then
      icmp.id = i
      v = icmp
    end
  end
  return NF_ACCEPT
end

function overlap(p)
  for off = 0, #p - 20 do
    local part = p:raw(off, 20)
    local ok, message = pcall(function()
      local udp = part:data(packet_udp)
      if udp then udp.sport = off end
      local ip = part:data(packet_ip)
      if ip then
        local o = ip:options()
        if o then o:set(0) end
        local f = ip:saddr():data(packet_raw)
        f:set(1)
        ip.daddr = off
      end
    end)
    if not ok then print(message) end
  end
  return NF_ACCEPT
end
