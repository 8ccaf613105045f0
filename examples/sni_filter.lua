-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Stops TLS connections to some servers by the name that their client asks for:
--   iptables -t mangle -A FORWARD -p tcp --dport 443 -j LUA --script sni_filter.lua
-- Try it:  curl https://forbidden.example/  waits in vain, other names pass, also at the same address.
-- A name that does not begin in the packet's first bytes, since the client has split it, is not seen.

local forbidden = set.names{ "forbidden.example" } -- and all names below it

function process_packet(p)
  local tls = p.tls
  local name = tls and tls.sni
  if name and forbidden:has(name) then return NF_DROP end
  return XT_CONTINUE
end
