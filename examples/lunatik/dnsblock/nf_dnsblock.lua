-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Questions to name servers about these domains do not leave the machine. No iptables is needed.
--   lunatik run examples/dnsblock/nf_dnsblock false
local netfilter = require("netfilter")
local dns = require("examples.dns")

local domains = "github.com,gitlab.com"
local action = netfilter.action

local function is_blocked(skb)
  local udp = dns.udp(skb, 0)    -- packets of this hook have no Ethernet header yet
  if not udp or dns.u16(skb, udp + 2) ~= 53 then return false end
  local name = dns.question(skb, udp)
  return name and dns.is_below(name, domains)
end

netfilter.register {
  pf = netfilter.family.IPV4,
  hooknum = netfilter.inet_hooks.LOCAL_OUT,
  priority = netfilter.ip_priority.FILTER,
  hook = function(skb)
    local ok, blocked = pcall(is_blocked, skb)
    return ok and blocked and action.DROP or action.ACCEPT
  end,
}
