-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same by a packet object.
local nf = require("netfilter")
local ACCEPT <const> = nf.action.ACCEPT

nf.register {
  pf = nf.family.IPV4, hooknum = nf.inet_hooks.POST_ROUTING, priority = nf.ip_priority.MANGLE,
  hook = function(skb)
    local ip = skb:packet().ip
    if ip then ip.daddr = "2.1.1.1" end
    return ACCEPT
  end,
}
