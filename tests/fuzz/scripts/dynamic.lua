-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Protocols of the script's own, in and around the engine's; fuzz: never drops, which would say that a field is not what was put there.
local function number(a)
  local n = 0
  for i = 0, #a - 1 do n = n << 8 | a[i] end
  return n
end

local function set_number(a, n)
  for i = #a - 1, 0, -1 do a[i], n = n & 255, n >> 8 end
end

function text(a) return a:string() end
function raises(a) error("no value " .. #a) end
function raises_too(a, x) error(x) end

local changes, lengths = { 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0 }
register_dynamic_protbuf {
  name = "packet_note",
  payload_field = "body",
  protocol_fields = {
    { "kind", 0, 4 },
    { "flags", 4, 3 },
    { "author", 8, 16, number, set_number },
    { "body", 24, 0 },
    { "trailer", 24, 8 },
  },
  has_protocol = function(v, id) return v.kind ~= 3 and id ~= packet_tcp end,
  get_field_changes = function(v)
    lengths[4], changes[5] = (v[0] & 15) * 8, (v[0] & 15) * 8
    return changes, lengths
  end,
}

register_dynamic_protbuf {
  name = "packet_plain",
  payload_field = "data",
  protocol_fields = { { "a", 0, 1 }, { "b", 1, 47 }, { "c", 48, 64 }, { "d", 56, 8, "text" }, { "data", 112, 0 } },
  has_protocol = function() return true end,
}

register_dynamic_protbuf {
  name = "packet_odd",
  payload_field = "rest",
  protocol_fields = { { "x", 0, 8, "raises", "raises_too" }, { "y", 8, 8 }, { "z", 3, 13 }, { "rest", 16, 0 } },
  has_protocol = function(v, id) return v:data(id) and v.y end,
  get_field_changes = function(v) return { v[0] - 128, -v[1], v[0] & 7, 0 }, { 0, v[1] - 8, -v[0], 0, 5 } end,
}

register_dynamic_protbuf { name = "packet_alone", protocol_fields = { { "only", 0, 0 } } }

local function note(v, n)
  if not v then return true end
  print(v, v.kind, v.flags, v.author, v.trailer, v:kind(), v:author():int(), v:author():get(), v:body(), #v, v:data())
  v.author = n
  if v.author ~= n & 0xFFFF then return false end
  v:flags():set(n & 7)
  if v.flags ~= n & 7 then return false end
  v.kind = v.kind
  v:trailer():set("x")
  if v.trailer:string() ~= "x" then return false end
  v.trailer = 7
  v.trailer = bytes.new(1)
  local ip, inner = v:data(packet_ip), v:data(packet_note)
  print(ip, v:data(packet_udp), v:data(packet_tcp), v:data(packet_dns), v:data(packet_alone))
  if ip then ip.ttl = n & 255 end
  return inner == nil or n > 900 or note(inner, n + 300)
end

local function plain(v)
  if not v then return end
  print(v, v.a, v.b, v.c, v.d, v:b():int(), v:c():int(), v:d():get(), v:get())
  v.a, v.b = v.b & 1, v.a
  v.c = "01234567"
  v:d():set(3)
  v.c = v.c
  return v:data(packet_eth), v:data(packet_note), v:data(packet_plain)
end

local function payload_of(p)
  local t = p.udp or p.tcp
  return t and t:data(), t
end

function notes(p)
  local d, t = payload_of(p)
  if t and not note(t:data(packet_note), #p) then return NF_DROP end
  if d and not note(d:data(packet_note), #p + 1) then return NF_DROP end
  for i = 0, #p, 7 do
    local part = p:raw(i, #p - i)
    if not note(part:data(packet_note), i) then return NF_DROP end
  end
  return NF_ACCEPT
end

function plains(p)
  local d, t = payload_of(p)
  if t then print(plain(t:data(packet_plain)), plain(d:data(packet_plain))) end
  print(plain(p:raw(0, #p):data(packet_plain)), p:data(packet_alone).only, p:data(packet_alone):data())
  return NF_ACCEPT
end

function odd(p)
  for i = 0, #p, 5 do
    print(pcall(function()
      local v = p:raw(i, #p - i):data(packet_odd)
      if not v then return i end
      print(pcall(function() return v.x end), pcall(function() v.x = i end), v.y, v.z, v:z():int())
      v.y = 1
      v.z = 5
      return v:data(packet_ip), v:data(packet_odd), v:rest():data(packet_alone)
    end))
  end
  return NF_ACCEPT
end

-- of other lengths
function resized(p)
  local d, t = payload_of(p)
  local v = t and t:data(packet_note)
  if not v then return XT_CONTINUE end
  local body, trailer = v:data(), v.trailer:string()
  body:set(("b"):rep(#p % 70))
  if #body ~= #p % 70 and #v:data() ~= #body then return NF_DROP end
  if v.trailer:string() ~= trailer then return NF_DROP end
  print(v, v:trailer(), v.author, t:data(), d)
  v:body():set("")
  t:data():set("\2\0\1xyz")
  v = t:data(packet_note)
  print(v and v:data():get(), v and v.trailer)
  return NF_ACCEPT
end

local wrong = {
  {}, { name = 1 }, { name = "packet_ip", protocol_fields = {} }, { name = "x y", protocol_fields = { { "a", 0, 8 } } },
  { name = "packet_w", protocol_fields = { { "a", -1, 8 } } }, { name = "packet_w", protocol_fields = { { "a", 0, 1 << 40 } } },
  { name = "packet_w", protocol_fields = { { "a", 0, 49 } } }, { name = "packet_w", protocol_fields = { { "a" } } },
  { name = "packet_w", protocol_fields = { { "a", 0, 8, "nobody" } } }, { name = "packet_w", protocol_fields = { { "a", 0, 8 }, { "a", 8, 8 } } },
  { name = "packet_w", payload_field = "b", protocol_fields = { { "a", 0, 8 } } }, { name = "packet_w", protocol_fields = { 1 } },
  { name = "packet_w", payload_field = "a", protocol_fields = { { "a", 0, 8 } } }, { name = "packet_w", nothing = 1, protocol_fields = { { "a", 0, 8 } } },
  { name = "packet_w", protocol_fields = { { "get", 0, 8 } } }, { name = "packet_w", protocol_fields = { { "a", 3, 60 } } },
  { name = "packet_w", protocol_fields = { { "a", 0, 8 } }, get_field_changes = 5 }, { name = "packet_w", protocol_fields = { { "a", 0, 8, nil, 1 } } },
}
local messages = {}
for i = 1, #wrong do messages[i] = select(2, pcall(register_dynamic_protbuf, wrong[i])) end

function refused(p)
  for i = 1, #messages do print(messages[i]) end
  print(pcall(register_dynamic_protbuf, { name = "packet_late", protocol_fields = { { "a", 0, 8 } } }))
  return NF_ACCEPT
end

-- wherever they are in the packet
function anywhere(p)
  for _, name in ipairs { "note", "plain", "odd", "alone", "nobody" } do
    print(name, pcall(function() return p[name], p[name] == p[name], #p[name], p[name]:data(packet_ip) end))
  end
  local ok, right = pcall(function() return note(p.note, #p) end)
  if ok and not right then return NF_DROP end
  print(pcall(function() return plain(p.plain) end))
  local t = p.udp or p.tcp
  if t then pcall(function() t:data():set(("x"):rep(#t % 70)) end) end
  print(pcall(function() return p.note, p.odd, p.note.body, p.note:author():get() end))
  return NF_ACCEPT
end
