-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Gives all packets the same TTL, or hop limit, so that nobody sees how far away they come from:
--   iptables  -t mangle -A POSTROUTING -o eth0 -j LUA --script ttl.lua
--   ip6tables -t mangle -A POSTROUTING -o eth0 -j LUA --script ttl.lua
-- Try it: packetscript run -v ttl.lua pings.pcap

local TTL <const> = 64

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  if ip then
    ip.ttl = TTL
    return XT_CONTINUE
  end
  local ip6 = eth:data(packet_ip6)
  if ip6 then ip6.hop_limit = TTL end
  return XT_CONTINUE
end
