-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same as nf_dnsblock.lua by packet objects. No iptables is needed.
--   lunatik run examples/dnsblock/packet_nf_dnsblock false
local netfilter = require("netfilter")
local questions = require("examples.dnsblock.questions")

local domains = questions.domains("github.com,gitlab.com")
local action = netfilter.action

netfilter.register {
  pf = netfilter.family.IPV4,
  hooknum = netfilter.inet_hooks.LOCAL_OUT,
  priority = netfilter.ip_priority.FILTER,
  hook = function(skb)
    return questions.asks_for(skb:packet(), domains) and action.DROP or action.ACCEPT
  end,
}
