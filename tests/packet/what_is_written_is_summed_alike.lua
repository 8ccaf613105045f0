-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- After :write(), each checksum is what it is when it is computed anew.
-- in 40 times: eth / ip / udp / text abcdefgh
-- in 40 times: eth / ip options=01010100 / tcp options=02040578 / text abcdefghi
-- in 40 times: eth / ip / icmp / text abcdefgh
-- in 40 times: eth / ip / udplite len=11 / text abcdefgh
-- in 40 times: eth / ip / dccp cscov=2 / text abcdefgh
-- in 40 times: eth / ip / gre check=+0 key=5 / ip / udp / text abcdefgh
-- in 40 times: eth / ip / gre check=+0 / eth / ip / tcp / text abcdefgh
-- in 40 times: eth / ip options=830704c000020900 final=192.0.2.9 / udp / text abcdefgh
local n, seed = 0, 7

local function random(limit)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % limit
end

local protocols = { packet_icmp, packet_tcp, packet_udp, packet_udplite, packet_dccp }

-- What says which headers there are and how long they are, and the checksums
local function fixed_bytes(ip, fixed)
  local function add(view, at, n)
    for i = at, at + n - 1 do fixed[view:get_offset() + i] = true end
  end
  add(ip, 0, 4)
  add(ip, 6, 2)
  add(ip, 9, 3)
  if ip.ihl > 5 then add(ip, 20, 3) end
  for _, id in ipairs(protocols) do
    local h = ip:data(id)
    if h then
      add(id == packet_icmp and h:checksum() or h:check(), 0, 2)
      if id == packet_icmp then add(h, 0, 1) end
      if id == packet_tcp then add(h:data_off(), 0, 1) end
      if id == packet_dccp then add(h, 4, 2) end
      if id == packet_udp or id == packet_udplite then add(h:length(), 0, 2) end
    end
  end
  local gre = ip:data(packet_gre)
  if not gre then return fixed end
  add(gre, 0, 6)
  local eth = gre:data(packet_eth)
  if eth then add(eth:type(), 0, 2) end
  return fixed_bytes(eth and eth:data(packet_ip) or gre:data(packet_ip), fixed)
end

local function is_free(fixed, at, size)
  for i = at, at + size - 1 do
    if fixed[i] then return false end
  end
  return true
end

local function all_same(ip)
  local was = ip.check
  ip:check():set()
  assert(ip.check == was, "ip")
  for _, id in ipairs(protocols) do
    local h = ip:data(id)
    if h then
      local field = id == packet_icmp and h:checksum() or h:check()
      was = field:get()
      field:set()
      assert(field:get() == was, supported_protocols[id])
    end
  end
  local gre = ip:data(packet_gre)
  if not gre then return end
  local inner = gre:data(packet_ip) or gre:data(packet_eth):data(packet_ip)
  if inner then all_same(inner) end
  was = gre.check
  gre:check():set()
  assert(gre.check == was, "gre")
end

function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  local fixed = fixed_bytes(ip, {})
  for _ = 1, 12 do
    local size = 1 + random(9)
    local at = 14 + random(#p - size - 13)
    local text = {}
    for i = 1, size do text[i] = string.char(random(5) == 0 and 255 or random(256)) end
    if is_free(fixed, at, size) then p:write(table.concat(text), at) end
  end
  all_same(ip)
  return NF_ACCEPT
end
