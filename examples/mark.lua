-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Chooses a way by DSCP, and by the user who sends: routing knows the packets by their mark.
--   iptables -t mangle -A PREROUTING -i eth0 -j LUA --script mark.lua
--   iptables -t mangle -A OUTPUT -j LUA --script mark.lua
--   ip rule add fwmark 0x10/0xF0 table 10      # what is urgent
--   ip rule add fwmark 0x20/0xF0 table 20      # what can wait
-- The other bits of a mark stay what others have made them.

local URGENT <const>, LATER <const>, BITS <const> = 0x10, 0x20, 0xF0

local dscp = {
  [46] = URGENT, -- EF: voice
  [34] = URGENT, -- AF41: video
  [8] = LATER,   -- CS1: bulk
  [1] = LATER,   -- LE: less than best effort
}
local users = { [33] = URGENT, [34] = LATER } -- numbers: www-data and backup, in Debian

function process_packet(p)
  local way = users[p:uid()] or p.ip and dscp[p.ip.tos >> 2]
  if way then p:mark(p:mark() & ~BITS & 0xFFFFFFFF | way) end
  return XT_CONTINUE
end
