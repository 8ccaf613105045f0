-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Keeps TCP segments below what a tunnel takes, where ICMP's "fragmentation needed" gets lost: both ends of a connection are
-- told a smaller size when it begins.
--   iptables  -t mangle -A FORWARD -p tcp --syn -j LUA --script mss.lua
--   ip6tables -t mangle -A FORWARD -p tcp --syn -j LUA --script mss.lua
-- Try it: tcpdump -v on both sides of the router shows "mss 1460" become "mss 1380"

local MTU <const> = 1420 -- of the tunnel, WireGuard's for instance
local IP_AND_TCP <const>, IP6_AND_TCP <const> = 40, 60 -- bytes of headers

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip, most = eth:data(packet_ip), MTU - IP_AND_TCP
  if not ip then
    ip, most = eth:data(packet_ip6), MTU - IP6_AND_TCP
  end
  local tcp = ip and ip:data(packet_tcp)
  if not tcp then return XT_CONTINUE end
  local mss = tcp.mss
  if mss and mss > most then tcp.mss = most end
  return XT_CONTINUE
end
