-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What the examples read of DNS messages, in data objects that hold a packet. Malformed ones raise: call these by pcall().
local dns = {}

local function u16(d, at) return d:getuint8(at) << 8 | d:getuint8(at + 1) end

dns.u16 = u16

-- An IPv4 packet that begins at ip: where its UDP header is, or nil if it has none.
function dns.udp(d, ip)
  if d:getuint8(ip) >> 4 ~= 4 or d:getuint8(ip + 9) ~= 17 or u16(d, ip + 6) & 0x1fff ~= 0 then return nil end
  return ip + (d:getuint8(ip) & 15) * 4
end

-- The name at a place, in lower case, and the place behind it. A pointer ends it: only answers have them.
function dns.name(d, at)
  local labels = {}
  for _ = 1, 127 do
    local length = d:getuint8(at)
    if length == 0 then return table.concat(labels, "."):lower(), at + 1 end
    if length > 63 then return table.concat(labels, "."):lower(), at + 2 end
    labels[#labels + 1] = d:getstring(at + 1, length)
    at = at + 1 + length
  end
  error("a name without end")
end

-- The name that the message behind the UDP header asks for, and the place behind the question.
function dns.question(d, udp)
  local message = udp + 8
  if u16(d, message + 4) ~= 1 then return nil end
  local name, at = dns.name(d, message + 12)
  return name, at + 4
end

-- Whether a name is one of these, or below it.
function dns.is_below(name, domains)
  for domain in domains:gmatch("[^,]+") do
    if name == domain or name:sub(-#domain - 1) == "." .. domain then return true end
  end
  return false
end

-- The places of the IPv4 addresses in a message's answers.
function dns.addresses(d, udp)
  local _, at = dns.question(d, udp)
  local places = {}
  for _ = 1, at and u16(d, udp + 8 + 6) or 0 do
    _, at = dns.name(d, at)
    local kind, length = u16(d, at), u16(d, at + 8)
    if kind == 1 and length == 4 then places[#places + 1] = at + 10 end
    at = at + 10 + length
  end
  return places
end

return dns
