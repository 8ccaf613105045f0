-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The destination becomes another one by offsets and bytes, and checksums follow by the difference (RFC 1624), which is the same for all.
local nf = require("netfilter")
local ACCEPT <const> = nf.action.ACCEPT
-- behind an Ethernet header; IP has no options
local PROTOCOL <const> = 23
local SUM <const> = 24
local DADDR <const> = 30
local UDP_SUM <const> = 40
local data = require("data")

local function number(text)
  local d = data.new(4)
  d:setstring(0, text)
  return d:getuint32(0)
end
local from, to = number("\8\8\8\8"), number("\2\1\1\1")
local difference = (~from & 0xffff) + (~from >> 16 & 0xffff) + (to & 0xffff) + (to >> 16)

nf.register {
  pf = nf.family.IPV4, hooknum = nf.inet_hooks.POST_ROUTING, priority = nf.ip_priority.MANGLE,
  hook = function(skb)
    if skb:getuint8(PROTOCOL) ~= 17 or skb:getuint32(DADDR) ~= from then return ACCEPT end
    skb:setuint32(DADDR, to)
    local sum = (skb:getuint16(SUM) ~ 0xffff) + difference
    sum = (sum & 0xffff) + (sum >> 16)
    skb:setuint16(SUM, ~(sum + (sum >> 16)))
    local udp = skb:getuint16(UDP_SUM)
    if udp == 0 then return ACCEPT end
    sum = (udp ~ 0xffff) + difference
    sum = (sum & 0xffff) + (sum >> 16)
    skb:setuint16(UDP_SUM, ~(sum + (sum >> 16)))
    return ACCEPT
  end,
}
