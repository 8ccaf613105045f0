-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops ARP in which somebody claims an address that is another's, or sends in another's name. On a host or a router:
--   arptables -A INPUT -j LUA --script arp_guard.lua --object eth
-- or on a bridge, for all that are behind it:
--   ebtables -A FORWARD -p ARP -j LUA --script arp_guard.lua
-- Try it:  arping -S 192.0.2.1 192.0.2.9  from another host than the gateway gets no answer.

local owners = {
  ["192.0.2.1"] = "52:54:00:00:00:01", -- the gateway
  ["192.0.2.53"] = "52:54:00:00:00:35", -- the name server
}

function process_packet(p)
  local eth = p:data(packet_eth)
  local arp = eth:data(packet_arp)
  if not arp then return XT_CONTINUE end
  local owner = owners[arp.spa]
  if (owner and owner ~= arp.sha) or eth.smac ~= arp.sha then
    print(eth.smac .. " says that " .. tostring(arp.spa) .. " is at " .. tostring(arp.sha))
    return NF_DROP
  end
  return XT_CONTINUE
end
