-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What both forms by packet objects share: an address in answers about a name becomes another one, for one client. Checksums follow.
local surgeon = {}

-- "name,client,public,private": see libxt_dnsdoctor.lua
function surgeon.settings(text)
  local name, client, public, private = text:match("^([^,]+),([^,]+),([^,]+),([^,]+)$")
  local a, b, c, d = private:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  return { name = name:lower(), client = client, public = public, private = string.char(a, b, c, d) }
end

function surgeon.treat(packet, settings)
  local dns = packet.dns
  if not dns or packet.udp.sport ~= 53 or packet.ip.daddr ~= settings.client then return end
  local name = dns.qname
  if not name or name:lower() ~= settings.name then return end
  for answer in dns:answers() do
    if answer.type == 1 and answer.data == settings.public then dns:write(settings.private, answer.offset) end
  end
end

return surgeon
