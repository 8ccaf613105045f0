-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A target for iptables: who asks from within gets the address within. setup.sh makes something to try it with.
--   make && make install                      # in this folder: the plugin of iptables
--   lunatik run examples/dnsdoctor/dnsdoctor false
--   iptables -t mangle -A PREROUTING -p udp --sport 53 -j dnsdoctor
local xtable = require("xtable")
local netfilter = require("netfilter")
local doctor = require("examples.dnsdoctor.doctor")

local settings = {}    -- by the rule's text

xtable.target {
  name = "dnsdoctor",
  revision = 1,
  family = netfilter.family.IPV4,
  proto = 17,
  hooks = 1 << netfilter.inet_hooks.PRE_ROUTING,
  checkentry = function(text) settings[text] = doctor.settings(text) end,
  destroy = function() end,
  target = function(skb, par, text)
    settings[text] = settings[text] or doctor.settings(text)
    doctor.treat(skb, 0, settings[text])
    return netfilter.action.CONTINUE
  end,
}
