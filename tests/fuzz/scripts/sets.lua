-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Addresses of the packet, and its bytes as names, in sets.
local s = set.new { "10.0.0.0/8", "192.0.2.1-192.0.2.9", "::/8", "2001:db8::/32", "fe80::1" }
local n = set.names { "a", "b.c", "example.com" }
function process_packet(p)
  local eth = p:data(packet_eth)
  for _, h in ipairs { eth:data(packet_ip) or p, eth:data(packet_ip6) or p, p:data(packet_ip) or p, eth:data(packet_arp) or p } do
    for _, name in ipairs { "saddr", "daddr", "spa", "tpa" } do
      local ok, f = pcall(function() return h:field(name) end)
      if ok and f then print(pcall(s.has, s, f), pcall(function() return s:has(f:get()) end)) end
    end
    print(n:has(h:get():string()), s:has(h:get():string(0, 7)))
  end
  local list = {}
  for i = 0, #p - 4, 4 do list[#list + 1] = ("%d.%d.%d.%d"):format(p:get():string(i, 4):byte(1, 4)) end
  local own = set.new(list)
  for i = 1, #list do if not own:has(list[i]) then error(list[i]) end end
  return NF_ACCEPT
end
