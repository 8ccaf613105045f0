-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Keeps TCP segments small enough for a tunnel or a line behind the router, whatever the ends offer:
--   iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j LUA --script mss_clamp.lua
-- Try it:  ss -ti  at either end says mss:1200 or less.

local MAX <const> = 1200

function process_packet(p)
  local tcp = p.tcp
  local mss = tcp and tcp.mss
  if mss and mss > MAX then tcp.mss = MAX end
  return XT_CONTINUE
end
