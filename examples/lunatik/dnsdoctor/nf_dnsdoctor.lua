-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Who asks from within gets the address within. No iptables is needed. setup.sh makes something to try it with.
--   lunatik run examples/dnsdoctor/nf_dnsdoctor false
local netfilter = require("netfilter")
local doctor = require("examples.dnsdoctor.doctor")

local settings = doctor.settings("lunatik.com,10.1.1.2,192.168.10.1,10.1.2.3")

netfilter.register {
  pf = netfilter.family.IPV4,
  hooknum = netfilter.inet_hooks.PRE_ROUTING,
  priority = netfilter.ip_priority.MANGLE,
  on_error = netfilter.action.ACCEPT,
  hook = function(skb)
    doctor.treat(skb, 14, settings)    -- behind the Ethernet header
    return netfilter.action.ACCEPT
  end,
}
