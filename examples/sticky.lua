-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A load balancer whose clients keep their server: the kernel's NAT does the work, the script only sees first packets.
--   iptables -t mangle -A PREROUTING -d 192.168.0.1 -p tcp --dport 80 -m conntrack --ctstate NEW -j LUA --script sticky.lua
-- A client is sent to the same server each time, of whatever connection, by its address; and others to others.

local PORT <const> = 80
local servers = { "10.0.0.2", "10.0.0.3" }

-- also of clients whose addresses differ little
local function server_of(saddr)
  return servers[(saddr * 0x9E3779B1 >> 16) % #servers + 1]
end

function process_packet(p)
  local ct = p:ct()
  local state = ct and ct:state()
  if state ~= "new" then return XT_CONTINUE end
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  local done, why = nf.nat(p, { dnat = server_of(ip:saddr():int()), port = PORT })
  if done then return XT_CONTINUE end
  print("no server for", ip.saddr, why)
  return NF_DROP
end
