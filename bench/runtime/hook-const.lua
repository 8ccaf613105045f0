-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- netfilter.register(): a hook that does nothing.
local nf = require("netfilter")
local ACCEPT <const> = nf.action.ACCEPT

nf.register {
  pf = nf.family.IPV4, hooknum = nf.inet_hooks.POST_ROUTING, priority = nf.ip_priority.MANGLE,
  hook = function(skb) return ACCEPT end,
}
