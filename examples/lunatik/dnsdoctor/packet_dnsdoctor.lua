-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same target as dnsdoctor.lua by packet objects. Its plugin of iptables is the same.
--   lunatik run examples/dnsdoctor/packet_dnsdoctor false
--   iptables -t mangle -A PREROUTING -p udp --sport 53 -j dnsdoctor
local xtable = require("xtable")
local netfilter = require("netfilter")
local surgeon = require("examples.dnsdoctor.surgeon")

local settings = {}    -- by the rule's text

xtable.target {
  name = "dnsdoctor",
  revision = 1,
  family = netfilter.family.IPV4,
  proto = 17,
  hooks = 1 << netfilter.inet_hooks.PRE_ROUTING,
  checkentry = function(text) settings[text] = surgeon.settings(text) end,
  destroy = function() end,
  target = function(skb, par, text)
    settings[text] = settings[text] or surgeon.settings(text)
    surgeon.treat(skb:packet(), settings[text])
    return netfilter.action.CONTINUE
  end,
}
