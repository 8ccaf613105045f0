-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As much as is compiled, without a jump backwards, in functions that are called as often as a run without a limit may.
local lines = {}
for i = 1, 60 do
  lines[i] = "ip.saddr = i ip.daddr = ~i & 0xffffffff i = (i * 16807 + 7) & 0x7fffffff t[i & 63] = ip.ttl"
end
local t = {}
for i = 0, 63 do t[i] = 0 end

-- as what is compiled has no parameters without a number
local straight = load("local t = ... return function(ip, i) " .. table.concat(lines, "\n") .. " return i end")(t)

function process_packet(p)
  local ip, i = p:data(packet_eth):data(packet_ip), 1
  if not ip then return NF_ACCEPT end
  i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i)
  i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i)
  i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i)
  i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i) i = straight(ip, i)
  return i and NF_ACCEPT
end
