-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Messages of text and options, in any payload; fuzz: never drops, which would say that a text is not what was put there, that
-- a length is wrong, or that a checksum was right and is wrong.
local messages = { packet_dns, packet_tftp, packet_http, packet_tls, packet_dhcp, packet_tcp_opt }
local texts = { "filename", "mode", "errmsg", "method", "uri", "version", "reason", "qname" }
local numbers = { "opcode", "block_nr", "errcode", "status", "qtype", "qclass", "rcode", "type", "length", "xid", "MSS", "WS", "SACK", "TSVAL", "TSER" }
local only_read = { "sni", "alpn", "chaddr", "yiaddr" }
local keys = { "option", "header" }
local names = { "host", "A", "blksize", 53, 12, 0, 255 }
local values = { "x", "a.b", "www.example.com", ("long"):rep(20), "", "/", "200", "." }

-- whether computing it anew leaves it as it is; nil if that cannot be told
local function is_right(transport)
  local check = transport and transport:check()
  local was = check and check:get()
  if not was or was == 0 or not pcall(check.set, check) then return nil end
  local is = check:get()
  if is % 0xffff == was % 0xffff then return true end
  check:set(was)
  return false
end

local function look(m)
  for _, list in ipairs { texts, numbers, only_read } do
    for _, name in ipairs(list) do pcall(function() return m[name], m:field(name):get() end) end
  end
  for _, key in ipairs(keys) do
    for _, name in ipairs(names) do pcall(function() return #m[key](m, name):get() end) end
  end
  for _, list in ipairs { "questions", "answers", "blocks" } do
    pcall(function() for e in m[list](m) do for k, v in pairs(e) do e[k] = tostring(v) end end end)
  end
end

-- false: it has another length than it should, or is not there
local function put(p, m, name, value)
  local before, size = m[name], #p
  if not before then return true end
  local ok = pcall(function() m[name] = value end)
  if not ok then return m[name] == before and #p == size end
  local after = m[name]
  if name == "qname" then return after ~= nil end
  -- words end where a blank is, so an empty one, or another method, may read otherwise
  return after == nil or #p == size + #tostring(value) - #tostring(before)
end

local function handle(p, transport, payload, turn)
  for i, id in ipairs(messages) do
    local m = id == packet_tcp_opt and transport and transport.seq and transport:options() or payload:data(id)
    if m then
      look(m)
      local right = is_right(transport)
      if id ~= packet_tcp_opt then
        local name, value = texts[(turn + i) % #texts + 1], values[(turn * 3 + i) % #values + 1]
        if not pcall(function() return m[name] end) then name = nil end
        if name and id ~= packet_tls and not put(p, m, name, value) then return false end
      end
      pcall(function() m[numbers[turn % #numbers + 1]] = turn * 77 & 255 end)
      pcall(function() m[keys[turn % 2 + 1]](m, names[turn % #names + 1]):set(values[turn % #values + 1]) end)
      if right and is_right(transport) == false then return false end
      payload = transport and transport:data() or payload
      if not payload then return true end
    end
  end
  return true
end

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local transport = ip and (ip:data(packet_udp) or ip:data(packet_tcp))
  local payload = transport and transport:data()
  if not payload then return NF_ACCEPT end
  local last = #p > 0 and p:get()[#p - 1] or 0
  for turn = last, last + 2 do
    if not handle(p, transport, payload, turn) then return NF_DROP end
    payload = transport:data()
    if not payload then return NF_ACCEPT end
  end
  return NF_ACCEPT
end

-- where there are no headers around
function anywhere(p)
  for i, id in ipairs(messages) do
    for off = 0, #p, 13 do
      local m = p:raw(off, #p - off):data(id)
      if m then
        look(m)
        pcall(function() m[texts[i]] = values[i] end)
      end
    end
  end
  return NF_ACCEPT
end
