-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Logs which addresses a DHCP server gives to whom, and drops what comes from others than the one that is known:
--   iptables -t mangle -A INPUT -p udp --sport 67 -j LUA --script dhcp_watch.lua
-- Try it:  udhcpc -n -q -i eth0

local SERVER <const> = "192.0.2.1"
local OFFER <const>, ACK <const> = 2, 5

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  local dhcp = udp and udp:data(packet_dhcp)
  local kind = dhcp and dhcp:option(53)
  if not kind or dhcp.op ~= 2 then return XT_CONTINUE end
  kind = kind:get()[0]
  if ip.saddr ~= SERVER then
    print("an unknown server", ip.saddr, "offers", dhcp.yiaddr)
    return NF_DROP
  end
  if kind == ACK then
    local name = dhcp:option(12)
    print(dhcp.chaddr, "has", dhcp.yiaddr, name and name:get():string() or "")
  end
  return XT_CONTINUE
end
