-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Connections to servers of these names do not come about: the packet in which TLS says the name is dropped, where it is forwarded and
-- where it leaves this machine.
--   lunatik run examples/filter/nf_sni false
local netfilter = require("netfilter")
local tls = require("examples.filter.tls")

local blocked = { ["ebpf.io"] = true }
local action = netfilter.action

local function filter(hooknum, ip)
  netfilter.register {
    pf = netfilter.family.IPV4,
    hooknum = hooknum,
    priority = netfilter.ip_priority.FILTER,
    hook = function(skb)
      local name = tls.name_in_packet(skb, ip)
      if not name then return action.ACCEPT end
      local verdict = blocked[name] and "DROP" or "ACCEPT"
      print("filter_sni: " .. name .. " " .. verdict)
      return action[verdict]
    end,
  }
end

filter(netfilter.inet_hooks.FORWARD, 14)      -- behind the Ethernet header
filter(netfilter.inet_hooks.LOCAL_OUT, 0)
