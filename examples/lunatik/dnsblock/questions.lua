-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What both forms by packet objects share: which names a packet asks for, and whether they are below some domains.
local set = require("set")
local questions = {}

-- "a.org,b.org" as a set of these and of all names below them.
function questions.domains(text)
  local list = {}
  for domain in text:gmatch("[^,]+") do list[#list + 1] = domain end
  return set.names(list)
end

function questions.asks_for(packet, domains)
  local dns = packet.dns
  if not dns or dns.qr ~= 0 or dns.qdcount ~= 1 or packet.udp.dport ~= 53 then return false end
  local name = dns.qname
  return name and domains:has(name)
end

return questions
