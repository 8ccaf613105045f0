-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Translates MAC addresses on a bridge: to the network on eth1, the host behind eth0 has another address, in ARP, too.
--   ebtables -t nat -A PREROUTING -i eth0 -j LUA --script mac.lua --function outgoing
--   ebtables -t nat -A PREROUTING -i eth1 -j LUA --script mac.lua --function incoming
-- Try it:  ip neigh  on a host there has the other address, once both have talked.

local INSIDE <const> = "02:00:00:00:00:01"
local OUTSIDE <const> = "02:00:00:00:00:99"

function outgoing(p)
  local eth = p:data(packet_eth)
  if eth.smac ~= INSIDE then return XT_CONTINUE end
  eth.smac = OUTSIDE
  local arp = eth:data(packet_arp)
  if arp then arp.sha = OUTSIDE end
  return XT_CONTINUE
end

function incoming(p)
  local eth = p:data(packet_eth)
  if eth.dmac ~= OUTSIDE then return XT_CONTINUE end
  eth.dmac = INSIDE
  local arp = eth:data(packet_arp)
  if arp then arp.tha = INSIDE end
  return XT_CONTINUE
end
