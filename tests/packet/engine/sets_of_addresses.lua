-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Addresses of packets are in a set or not: as fields, as text, as integers; in prefixes and ranges, of both kinds.
-- in: eth / ip saddr=10.1.2.3 daddr=192.0.2.9 / udp
-- in: eth / ip saddr=11.0.0.0 daddr=192.0.2.10 / udp
-- in: eth / ip saddr=9.255.255.255 daddr=255.255.255.255 / udp
-- in: eth / ip6 saddr=2001:db8::1 daddr=2001:db9:: / udp
-- in: eth / ip6 saddr=2001:db7:ffff:: daddr=fe80::9 / udp
-- in: eth / arp spa=10.9.9.9 tpa=8.8.8.8
-- in 5 times: eth / ip saddr=10.1.2.3 / udp
local s = set.new{ "10.0.0.0/8", "2001:db8::/32", "192.0.2.1-192.0.2.9", "255.255.255.255", "fe80::2 - fe80::9" }
local kept
function process_packet(p)
  n = (n or 0) + 1
  local eth = p:data(packet_eth)
  local ip, ip6, arp = eth:data(packet_ip), eth:data(packet_ip6), eth:data(packet_arp)
  if n == 8 then s:has(ip:ttl()) end
  if n == 9 then s:has(p) end
  if n == 10 then s:has(1 << 32) end
  if n == 11 then s:has(kept) end
  local a, b = (ip or ip6 or arp):field(arp and "spa" or "saddr"), (ip or ip6 or arp):field(arp and "tpa" or "daddr")
  kept = a
  assert(s:has(a) == s:has(a:get()) and s:has(b) == s:has(b:get()) and (ip6 or s:has(a) == s:has(a:int())))
  assert(not s:has(nil) and not s:has("example.com") and not s:has("") and not s:has("10.0.0.256"))
  return NF_QUEUE | (s:has(a) and 1 or 0) << 16 | (s:has(b) and 2 or 0) << 16
end

-- verdict 1: NF_QUEUE 3
-- verdict 2: NF_QUEUE 0
-- verdict 3: NF_QUEUE 2
-- verdict 4: NF_QUEUE 1
-- verdict 5: NF_QUEUE 2
-- verdict 6: NF_QUEUE 1
-- verdict 7: NF_QUEUE 3
-- verdict 8: error sets_of_addresses.lua:16: bad argument #1 to 'has' (not a field that is an address of IPv4 or IPv6)
-- verdict 9: error sets_of_addresses.lua:17: bad argument #1 to 'has' (not a field that is an address of IPv4 or IPv6)
-- verdict 10: error sets_of_addresses.lua:18: bad argument #1 to 'has' (not an address of IPv4 (0 to 4294967295))
-- verdict 11: error sets_of_addresses.lua:19: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- out: same
