-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same as nf_dnsdoctor.lua by packet objects. No iptables is needed.
--   lunatik run examples/dnsdoctor/packet_nf_dnsdoctor false
local netfilter = require("netfilter")
local surgeon = require("examples.dnsdoctor.surgeon")

local settings = surgeon.settings("lunatik.com,10.1.1.2,192.168.10.1,10.1.2.3")

netfilter.register {
  pf = netfilter.family.IPV4,
  hooknum = netfilter.inet_hooks.PRE_ROUTING,
  priority = netfilter.ip_priority.MANGLE,
  on_error = netfilter.action.ACCEPT,
  hook = function(skb)
    surgeon.treat(skb:packet(), settings)
    return netfilter.action.ACCEPT
  end,
}
