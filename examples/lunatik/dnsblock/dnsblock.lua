-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A match for iptables: questions to name servers about domains that the rule names.
--   make && make install                      # in this folder: the plugin of iptables
--   lunatik run examples/dnsblock/dnsblock false
--   iptables -A OUTPUT -m dnsblock -j DROP
local xtable = require("xtable")
local netfilter = require("netfilter")
local dns = require("examples.dns")

local hooks = netfilter.inet_hooks

local function asks_for(skb, domains)
  local udp = dns.udp(skb, 0)
  if not udp or dns.u16(skb, udp + 2) ~= 53 then return false end
  local name = dns.question(skb, udp)
  return name and dns.is_below(name, domains)
end

xtable.match {
  name = "dnsblock",
  revision = 1,
  family = netfilter.family.IPV4,
  proto = 0,
  hooks = 1 << hooks.LOCAL_OUT | 1 << hooks.FORWARD,
  checkentry = function(domains) return domains ~= "" end,
  destroy = function() end,
  match = function(skb, par, domains)
    local ok, is_one = pcall(asks_for, skb, domains)
    return ok and is_one
  end,
}
