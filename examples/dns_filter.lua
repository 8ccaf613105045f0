-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops questions for names below some domains. On the router, or where the questions are sent:
--   iptables -t mangle -A FORWARD -p udp --dport 53 -j LUA --script dns_filter.lua
-- Try it:  dig @SERVER www.example.org  runs into its time limit, others are answered.

-- A message with several questions is dropped, too: no server answers one, and the first would hide the others.

local blocked = set.names{ "example.org", "tracker.test" } -- and all names below them

function process_packet(p)
  local dns = p.dns
  if not dns or dns.qr ~= 0 then return XT_CONTINUE end
  local name = dns.qname
  if dns.qdcount > 1 or name and blocked:has(name) then return NF_DROP end
  return XT_CONTINUE
end
