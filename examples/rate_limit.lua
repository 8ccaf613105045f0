-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each source may send 50 packets a second, and 100 in a row; what is more is dropped:
--   iptables -t mangle -A PREROUTING -i eth0 -p udp --dport 53 -j LUA --script rate_limit.lua
--   ip6tables -t mangle -A PREROUTING -i eth0 -p udp --dport 53 -j LUA --script rate_limit.lua
-- Of IPv6 a source is a network of 64 bits, since each host has as many addresses as it likes. 4,000 sources are remembered. If
-- more send at the same time, as in a flood with addresses of others, those idle longest begin anew, with 100 in a row: then
-- the last limit holds, which all sources have in common.

local each = { rate = 50, burst = 100, size = 4000 }
local all = { rate = 100000, burst = 20000 }

local function source_of(p)
  if p.ip then return p.ip:saddr() end
  local prefix = p.ip6 and p.ip6:raw(8, 8):get()
  return prefix and prefix:u32(0) << 32 | prefix:u32(4)
end

function process_packet(p)
  local source = source_of(p)
  if not source then return XT_CONTINUE end
  return nf.limit(each, source) and nf.limit(all) and XT_CONTINUE or NF_DROP
end
