-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What both forms of the example do: an address in answers about a name becomes another one, for one client.
local dns = require("examples.dns")
local doctor = {}

local function packed(address)
  local a, b, c, d = address:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  return string.char(a, b, c, d)
end

-- "name,client,public,private": see libxt_dnsdoctor.lua
function doctor.settings(text)
  local name, client, public, private = text:match("^([^,]+),([^,]+),([^,]+),([^,]+)$")
  return { name = name:lower(), client = packed(client), public = packed(public), private = packed(private) }
end

local function treat(skb, ip, settings)
  local udp = dns.udp(skb, ip)
  if not udp or dns.u16(skb, udp) ~= 53 or skb:getstring(ip + 16, 4) ~= settings.client then return end
  if dns.question(skb, udp) ~= settings.name then return end
  for _, place in ipairs(dns.addresses(skb, udp)) do
    if skb:getstring(place, 4) == settings.public then
      skb:setstring(place, settings.private)
      skb:setuint16(udp + 6, 0)    -- of UDP in IPv4 a checksum is optional: this one says that there is none
    end
  end
end

-- The packet begins at ip with its IPv4 header. What is malformed stays as it is.
function doctor.treat(skb, ip, settings) pcall(treat, skb, ip, settings) end

return doctor
