-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Payloads that get other lengths; fuzz: never drops, which would say that one is not what was put there, or that a checksum
-- was right and is wrong.
local transports = { packet_icmp, packet_icmp6, packet_tcp, packet_udp, packet_udplite, packet_dccp, packet_gre }

local function check_of(h, id)
  if id == packet_ip6 then return nil end
  if id == packet_icmp or id == packet_icmp6 then return h:checksum() end
  return h:check()
end

-- whether computing it anew leaves it as it is; nil if that cannot be told
local function is_right(h, id)
  local check = check_of(h, id)
  local was = check and check:get()
  if not was or was == 0 and (id == packet_udp or id == packet_udplite) then return nil end
  if not pcall(check.set, check) then return nil end
  local is = check:get()
  if is == was or is % 0xffff == was % 0xffff then return true end
  check:set(was)
  return false
end

-- the headers with checksums, from the outside inwards
local function headers(p)
  local all = {}
  local link = p:data(packet_eth)
  local ip, id = link:data(packet_ip), packet_ip
  if not ip then ip, id = link:data(packet_ip6), packet_ip6 end
  while ip and #all < 12 do
    all[#all + 1] = { ip, id }
    local inner = ip:data(packet_ip)
    id = inner and packet_ip or packet_ip6
    for _, transport in ipairs(transports) do
      local h = ip:data(transport)
      if h then
        all[#all + 1] = { h, transport }
        if transport == packet_gre then
          inner = h:data(packet_ip)
          id = inner and packet_ip or packet_ip6
          inner = inner or h:data(packet_ip6)
        end
      end
    end
    ip = inner
  end
  return all
end

-- of all that is there: without a link layer, a handler that is given its header has one of no bytes
local function size_of(p)
  return #p > 0 and #p or #p:data()
end

local text = ("0123456789abcdef"):rep(100)
local lengths = { 0, 1, 2, 3, 8, 17, 40, 100, 333, 1400 }
local function replace(p, turn)
  local all, right = headers(p), {}
  if #all == 0 then return true end
  for i = #all, 1, -1 do right[i] = is_right(all[i][1], all[i][2]) end
  local chosen = #all - turn // 3 % #all
  local header = all[chosen][1]
  local payload = header:data()
  if not payload then return true end
  local before, put, size = payload:get():string(), text:sub(1, lengths[turn % #lengths + 1]), size_of(p)
  if not pcall(payload.set, payload, put) then return payload:get():string() == before and size_of(p) == size end
  if payload:get():string() ~= put or #payload ~= #put or #header:data() ~= #put then return false end
  if size_of(p) ~= size + #put - #before then return false end
  for i = chosen, 1, -1 do
    if right[i] and is_right(all[i][1], all[i][2]) == false then return false end
  end
  return true
end

function process_packet(p)
  local first = #p > 0 and p:get()[#p - 1] or 0
  for i = 1, 3 do
    if not replace(p, first + i) then return NF_DROP end
  end
  return NF_ACCEPT
end

-- views of before, of all kinds
function kept_views(p)
  local all, views = headers(p), { p:raw(0, #p), p:data(), p:get() }
  for _, h in ipairs(all) do
    views[#views + 1] = h[1]:data()
    views[#views + 1] = h[1]:raw(0, 8)
    views[#views + 1] = h[1]:get()
  end
  pcall(replace, p, #p)
  for _, v in ipairs(views) do
    pcall(function() return v[0] + #v end)
    pcall(function() v[0] = 1 end)
    pcall(function() v:set(1) end)
    pcall(function() v:write("xyz") end)
    pcall(function() v:set("again") end)
    pcall(function() return v:data(packet_udp):data() end)
  end
  pcall(replace, p, #p + 1)
  return NF_ACCEPT
end
