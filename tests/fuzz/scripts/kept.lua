-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- fuzz: keeps
-- Views that outlive their packet.
local kept = {}

local function keep(v)
  if v then kept[#kept + 1] = v end
  if #kept > 60 then table.remove(kept, 1) end
  return v
end

local function use(v)
  for _, f in ipairs { "get", "get_size", "to_bytes", "data", "get_offset", "set", "raw" } do
    pcall(v[f], v, 1, 1)
  end
end

-- as the interpreter tries them first
local function use_shortly(v)
  pcall(function() return v:get() end)
  pcall(function() return v:data(packet_ip) end)
  pcall(function() return v:ttl():get() end)
  pcall(function() return v.ttl end)
  pcall(function() v.ttl = 1 end)
  pcall(function() return v[0] end)
  pcall(function() v[0] = 1 end)
  pcall(function()
    local get = v.get
    return get(v)
  end)
end

function process_packet(p)
  for i = 1, #kept do
    pcall(use, kept[i])
    use_shortly(kept[i])
  end
  local link = keep(p:data(packet_eth))
  local ip = keep(link and link:data(packet_ip))
  if not ip then return NF_DROP end
  keep(ip:ttl())
  keep(ip:options())
  local t = keep(ip:data(packet_tcp) or ip:data(packet_udp) or ip:data(packet_icmp))
  if t then keep(t:data()) end
  for i = 1, 12 do keep(p:raw(i, 1)) end
  return NF_ACCEPT
end

function arrays(p)
  for i = 1, #kept do pcall(use, kept[i]) end
  for i = 1, 12 do -- without holes, wherever its time is up
    kept[2 * i - 1] = p:raw(0, #p):get()
    kept[2 * i] = p:get()
  end
  return NF_ACCEPT
end

function coroutines(p)
  local co = coroutine.wrap(function(v)
    while true do v = coroutine.yield(keep(v:data(packet_eth))) end
  end)
  for i = 1, 10 do co(p) end
  held = co
  pcall(co, p)
  return NF_ACCEPT
end

-- what uses any of them raises
function gone()
  for i = 1, #kept do
    local v = kept[i]
    if pcall(function() return #v end) or pcall(tostring, v) or pcall(function() return v[0] end) then
      return NF_DROP
    end
  end
  return NF_ACCEPT
end
