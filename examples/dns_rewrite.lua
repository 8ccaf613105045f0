-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Answers questions for an old name with what a new one has. The names are of different lengths: packets grow and shrink.
-- On the router between clients and their DNS server:
--   iptables -t mangle -A FORWARD -p udp --dport 53 -j LUA --script dns_rewrite.lua --function question
--   iptables -t mangle -A FORWARD -p udp --sport 53 -j LUA --script dns_rewrite.lua --function answer
-- Try it:  dig @SERVER old.example  says old.example, with the address of the other.

local new_names = { ["old.example"] = "a-new-name.example.net" }
local old_names = {}
for old, new in pairs(new_names) do old_names[new] = old end

local function rename(p, names, response)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  local dns = udp and udp:data(packet_dns)
  if not dns or dns.qr ~= response then return XT_CONTINUE end
  local name = dns.qname and names[dns.qname:lower()]
  if name then dns.qname = name end
  return XT_CONTINUE
end

function question(p) return rename(p, new_names, 0) end
function answer(p) return rename(p, old_names, 1) end
