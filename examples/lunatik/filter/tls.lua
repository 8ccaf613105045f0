-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The server's name that a TLS ClientHello asks for.
local tls = {}

local function u16(d, at) return d:getuint8(at) << 8 | d:getuint8(at + 1) end

local function find(d, at)
  if d:getuint8(at) ~= 22 or d:getuint8(at + 5) ~= 1 then return nil end    -- handshake, ClientHello
  at = at + 5 + 4 + 2 + 32
  at = at + 1 + d:getuint8(at)      -- session
  at = at + 2 + u16(d, at)          -- ciphers
  at = at + 1 + d:getuint8(at)      -- compression
  local stop = at + 2 + u16(d, at)
  at = at + 2
  while at < stop do
    if u16(d, at) == 0 then return d:getstring(at + 9, u16(d, at + 7)):lower() end
    at = at + 4 + u16(d, at + 2)
  end
end

-- In a packet whose IPv4 header is at ip: the name, or nil.
local function in_packet(d, ip)
  if d:getuint8(ip) >> 4 ~= 4 or d:getuint8(ip + 9) ~= 6 then return nil end
  local tcp = ip + (d:getuint8(ip) & 15) * 4
  if u16(d, tcp + 2) ~= 443 then return nil end
  return find(d, tcp + (d:getuint8(tcp + 12) >> 4) * 4)
end

-- At a place where a TLS record begins. What is malformed, or goes on in another packet, has none.
function tls.name(d, at)
  local ok, name = pcall(find, d, at)
  return ok and name or nil
end

function tls.name_in_packet(d, ip)
  local ok, name = pcall(in_packet, d, ip)
  return ok and name or nil
end

return tls
