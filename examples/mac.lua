-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Translates MAC addresses on a bridge: to the network on eth1, the host behind eth0 has another address.
--   modprobe br_netfilter
--   iptables -t mangle -A FORWARD -m physdev --physdev-in eth0 -j LUA --script mac.lua --function outgoing
--   iptables -t mangle -A PREROUTING -m physdev --physdev-in eth1 -j LUA --script mac.lua --function incoming
-- ARP is not seen by iptables: let the hosts on eth1 know the address, by ip neigh add 192.0.2.1 lladdr 02:00:00:00:00:99.

local INSIDE <const> = "02:00:00:00:00:01"
local OUTSIDE <const> = "02:00:00:00:00:99"

function outgoing(p)
  local eth = p:data(packet_eth)
  if eth.smac == INSIDE then eth.smac = OUTSIDE end
  return XT_CONTINUE
end

function incoming(p)
  local eth = p:data(packet_eth)
  if eth.dmac == OUTSIDE then eth.dmac = INSIDE end
  return XT_CONTINUE
end
