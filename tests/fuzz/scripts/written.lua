-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes that are written where the packet says; fuzz: never drops, which would say that a checksum was right and is wrong.
local transports = { packet_icmp, packet_tcp, packet_udp, packet_udplite, packet_dccp, packet_gre }

local function check_of(h, id)
  if id == packet_icmp then return h:checksum() end
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
  local ip = p:data(packet_eth):data(packet_ip)
  while ip and #all < 12 do
    all[#all + 1] = { ip, packet_ip }
    local inner
    for _, id in ipairs(transports) do
      local h = ip:data(id)
      if h then
        all[#all + 1] = { h, id }
        inner = id == packet_gre and h:data(packet_ip) or nil
      end
    end
    ip = inner
  end
  return all
end

local function says(all)
  local text = {}
  for i, h in ipairs(all) do
    local v, id = h[1], h[2]
    text[i] = id .. " " .. v:get_offset() .. " " .. #v
    if id == packet_ip then text[i] = text[i] .. v.flags .. " " .. v.frag_off .. " " .. v.protocol end
  end
  return table.concat(text, ",")
end

function process_packet(p)
  if #p < 60 then return NF_ACCEPT end
  local all = headers(p)
  local right, touched = {}, {}
  for i = #all, 1, -1 do right[i] = is_right(all[i][1], all[i][2]) end
  local said = says(all)
  local at, size = p:get()[4] * 5 % (#p - 17), 1 + p:get()[5] % 16
  local bytes = p:raw((at * 7 + 3) % (#p - 17), size):to_bytes()
  for i, h in ipairs(all) do
    local check = check_of(h[1], h[2])
    local off = check and check:get() and check:get_offset() or -9
    touched[i] = at < off + 2 and off < at + size
  end
  if not pcall(p.write, p, bytes, at) then return NF_ACCEPT end
  local later = headers(p)
  if says(later) ~= said then return NF_ACCEPT end
  for i = #later, 1, -1 do
    if right[i] and not touched[i] and is_right(later[i][1], later[i][2]) == false then return NF_DROP end
  end
  return NF_ACCEPT
end

function through_views(p)
  local view = p
  for _, h in ipairs(headers(p)) do
    view = h[1]
    pcall(view.write, view, "\1\2\3", #view // 2)
    pcall(view.write, view, p:to_bytes(), 0)
    pcall(view.write, view, view:get(), 0)
    local payload = view:data()
    if payload then pcall(payload.write, payload, "x", #payload - 1) end
  end
  return NF_ACCEPT
end
