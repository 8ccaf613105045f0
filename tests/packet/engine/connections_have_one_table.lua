-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Packets of a connection have one table, in both directions, behind tags and in fragments; others have another one, or none.
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2000 / text there
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp sport=2000 dport=1000 / text back
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 options=01010100 / udp sport=1000 dport=2000 / text there
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1001 dport=2000 / text there
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp sport=1000 dport=2000 / text crossed
-- in: eth / vlan vid=5 / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2000 / text tagged
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / tcp sport=1000 dport=2000 / text there
-- in: eth / ip6 saddr=2001:db8::1 daddr=2001:db8::2 / udp sport=1000 dport=2000 / text there
-- in: eth / ip6 saddr=2001:db8::2 daddr=2001:db8::1 nexthdr=60 extensions=1101010c000000000000000000000000 / udp sport=2000 dport=1000
--   / text back
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / icmp type=8 id=7 sequence=1
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 / icmp type=0 id=7 sequence=1
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / icmp type=8 id=8 sequence=1
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=9 frag_off=4 protocol=17 / fill 16 0x41
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=9 flags=1 / udp sport=1000 dport=2000 length=48 check=0 / fill 24 0x41
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=9 frag_off=4 protocol=17 / fill 16 0x41
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=10 frag_off=4 protocol=17 / fill 16 0x41
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 id=9 frag_off=4 protocol=17 / fill 16 0x41
-- in: eth / arp
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 protocol=200 / fill 8 0x41
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 protocol=200 / nothing
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2000 / text there
function process_packet(p)
  local f = p:flow()
  if not f then return NF_QUEUE end
  if f ~= p:flow() or p.ip and f ~= p.ip:flow() then error("another one") end
  f.n = (f.n or 0) + 1
  return NF_QUEUE | f.n << 16
end

-- verdict 1: NF_QUEUE 1
-- verdict 2: NF_QUEUE 2
-- verdict 3: NF_QUEUE 3
-- verdict 4, 5, 7, 8, 10, 12, 19: NF_QUEUE 1
-- verdict 6: NF_QUEUE 4
-- verdict 9, 11, 20: NF_QUEUE 2
-- verdict 13, 16-18: NF_QUEUE 0
-- verdict 14: NF_QUEUE 5
-- verdict 15: NF_QUEUE 6
-- verdict 21: NF_QUEUE 7
-- out: same
