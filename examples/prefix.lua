-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Translates an IPv6 prefix of 64 bits: hosts of fd00:1:2:3::/64 appear as 2001:db8:4:5::/64, each with the rest of its
-- address (as NPTv6, RFC 6296, does it):
--   ip6tables -t mangle -A POSTROUTING -o eth1 -j LUA --script prefix.lua --function outgoing
--   ip6tables -t mangle -A PREROUTING  -i eth1 -j LUA --script prefix.lua --function incoming
-- Checksums of TCP, UDP and ICMPv6 count the addresses; :write() keeps them right.

local INSIDE <const> = "\xFD\x00\x00\x01\x00\x02\x00\x03"
local OUTSIDE <const> = "\x20\x01\x0D\xB8\x00\x04\x00\x05"

local SOURCE <const>, DESTINATION <const> = 8, 24 -- where in the header the addresses begin

local function translate(ip6, offset, from, to)
  local prefix = ip6 and ip6:raw(offset, #from)
  if prefix and prefix:get():string() == from then prefix:write(to) end
end

function outgoing(p)
  translate(p:data(packet_eth):data(packet_ip6), SOURCE, INSIDE, OUTSIDE)
  return XT_CONTINUE
end

function incoming(p)
  translate(p:data(packet_eth):data(packet_ip6), DESTINATION, OUTSIDE, INSIDE)
  return XT_CONTINUE
end
