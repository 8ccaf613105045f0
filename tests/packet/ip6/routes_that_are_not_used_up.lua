-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Transports count the last address of a routing header with segments left, and not daddr; without, daddr,
-- where tcpdump wants the last address, too.
-- in: eth / ip6 nexthdr=43 extensions=1102000100000000_20010db8000000000000000000000009 final=2001:db8::9 / udp / text one
-- in: eth / ip6 nexthdr=43 final=2001:db8::a
--   extensions=0604000200000000_20010db8000000000000000000000009_20010db800000000000000000000000a / tcp / text one
-- in: eth / ip6 nexthdr=43 extensions=1102020100000000_20010db8000000000000000000000009 final=2001:db8::9 / udp / text one
-- in: eth / ip6 nexthdr=43 final=2001:db8::9
--   extensions=1104040101000000_20010db8000000000000000000000009_20010db800000000000000000000000a / udp / text one
-- in: eth / ip6 nexthdr=0 final=2001:db8::9
--   extensions=2b00010400000000_1102000100000000_20010db8000000000000000000000009 / udp / text one
-- in: eth / ip6 nexthdr=43 extensions=1102000000000000_20010db8000000000000000000000009 / udp / text one
-- in: eth / ip6 nexthdr=43 extensions=1100000100000000 / udp / text one
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local inner = ip:data(packet_udp) or ip:data(packet_tcp)
  local before = inner.check
  ip.saddr = "2001:db8::1"
  ip.daddr = "2001:db8::2"
  local after = inner.check
  inner:check():set()
  assert(inner.check == after)
  return XT_CONTINUE
end

-- not with partial checksums: it reads the checksum
-- verdict: XT_CONTINUE
-- out 1: eth / ip6 nexthdr=43 extensions=1102000100000000_20010db8000000000000000000000009 final=2001:db8::9
--   saddr=2001:db8::1 daddr=2001:db8::2 / udp / text one
-- out 2: eth / ip6 nexthdr=43 final=2001:db8::a saddr=2001:db8::1 daddr=2001:db8::2
--   extensions=0604000200000000_20010db8000000000000000000000009_20010db800000000000000000000000a / tcp / text one
-- out 3: eth / ip6 nexthdr=43 extensions=1102020100000000_20010db8000000000000000000000009 final=2001:db8::9
--   saddr=2001:db8::1 daddr=2001:db8::2 / udp / text one
-- out 4: eth / ip6 nexthdr=43 final=2001:db8::9 saddr=2001:db8::1 daddr=2001:db8::2
--   extensions=1104040101000000_20010db8000000000000000000000009_20010db800000000000000000000000a / udp / text one
-- out 5: eth / ip6 nexthdr=0 final=2001:db8::9 saddr=2001:db8::1 daddr=2001:db8::2
--   extensions=2b00010400000000_1102000100000000_20010db8000000000000000000000009 / udp / text one
-- out 6: eth / ip6 nexthdr=43 extensions=1102000000000000_20010db8000000000000000000000009
--   saddr=2001:db8::1 daddr=2001:db8::2 / udp / text one
-- out 7: eth / ip6 nexthdr=43 extensions=1100000100000000 saddr=2001:db8::1 daddr=2001:db8::2 / udp / text one
-- wrong checksums: 1
