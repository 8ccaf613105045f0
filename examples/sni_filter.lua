-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Stops TLS connections to some servers by the name that their client asks for:
--   iptables -t mangle -A FORWARD -p tcp --dport 443 -j LUA --script sni_filter.lua
-- Try it:  curl https://forbidden.example/  waits in vain, other names pass, also at the same address.
-- A name that does not begin in the packet's first bytes, since the client has split it, is not seen.

local forbidden = { ["forbidden.example"] = true }

function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local tcp = ip and ip:data(packet_tcp)
  local tls = tcp and tcp:data(packet_tls)
  local name = tls and tls.sni
  if name and forbidden[name:lower()] then return NF_DROP end
  return XT_CONTINUE
end
