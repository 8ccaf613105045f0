-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same match as dnsblock.lua by packet objects. Its plugin of iptables is the same.
--   lunatik run examples/dnsblock/packet_dnsblock false
--   iptables -A OUTPUT -m dnsblock -j DROP
local xtable = require("xtable")
local netfilter = require("netfilter")
local questions = require("examples.dnsblock.questions")

local hooks = netfilter.inet_hooks
local sets = {}    -- by the rule's text

xtable.match {
  name = "dnsblock",
  revision = 1,
  family = netfilter.family.IPV4,
  proto = 0,
  hooks = 1 << hooks.LOCAL_OUT | 1 << hooks.FORWARD,
  checkentry = function(domains)
    sets[domains] = questions.domains(domains)
    return domains ~= ""
  end,
  destroy = function() end,
  match = function(skb, par, domains)
    sets[domains] = sets[domains] or questions.domains(domains)    -- the rule of a script before this one
    return questions.asks_for(skb:packet(), sets[domains])
  end,
}
