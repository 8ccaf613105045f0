-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops questions for names below some domains. On the router, or where the questions are sent:
--   iptables -t mangle -A FORWARD -p udp --dport 53 -j LUA --script dns_filter.lua
-- Try it:  dig @SERVER www.example.org  runs into its time limit, others are answered.

local blocked = { ["example.org"] = true, ["tracker.test"] = true }

-- whether a name, or what is behind one of its dots, is blocked; letters of either case are the same in DNS
local function is_blocked(name)
  name = name:lower()
  while name do
    if blocked[name] then return true end
    name = name:match("^[^.]*%.(.+)$")
  end
  return false
end

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  local dns = udp and udp:data(packet_dns)
  if not dns or dns.qr ~= 0 then return XT_CONTINUE end
  for question in dns:questions() do
    if question.name and is_blocked(question.name) then return NF_DROP end
  end
  return XT_CONTINUE
end
