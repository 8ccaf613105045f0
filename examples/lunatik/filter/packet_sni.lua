-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same as nf_sni.lua by packet objects: what the packet holds has names, and is looked for by them.
--   lunatik run examples/filter/packet_sni false
local netfilter = require("netfilter")

local blocked = { ["ebpf.io"] = true }
local action = netfilter.action

local function hook(skb)
  local tls = skb:packet().tls
  local name = tls and tls.sni
  if not name then return action.ACCEPT end
  name = name:lower()
  local verdict = blocked[name] and "DROP" or "ACCEPT"
  print("filter_sni: " .. name .. " " .. verdict)
  return action[verdict]
end

for _, hooknum in ipairs { netfilter.inet_hooks.FORWARD, netfilter.inet_hooks.LOCAL_OUT } do
  netfilter.register {
    pf = netfilter.family.IPV4,
    hooknum = hooknum,
    priority = netfilter.ip_priority.FILTER,
    hook = hook,
  }
end
