-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of IPv6 is set; what counts the addresses follows.
-- in: eth / ip6 / tcp / text odd
-- in: eth / ip6 / udp / text even
-- in: eth / ip6 / icmp6 / text odd
-- in: eth / ip6 / udplite length=8 / text even
-- in: eth / ip6 / dccp cscov=1 / text even
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  ip.tclass = 0x2E
  ip:flow():set(0xFFFFF)
  ip.hop_limit = 1
  ip.saddr = "2001:db8::ff:1"
  ip:daddr():set("ffff:1234:ffff:5678:ffff:9abc:ffff:def0")
  assert(ip.daddr == "ffff:1234:ffff:5678:ffff:9abc:ffff:def0" and ip.saddr == "2001:db8::ff:1")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip6 tclass=0x2E flow=0xFFFFF hop_limit=1 saddr=2001:db8::ff:1
--   daddr=ffff:1234:ffff:5678:ffff:9abc:ffff:def0 / tcp / text odd
-- out 2: eth / ip6 tclass=0x2E flow=0xFFFFF hop_limit=1 saddr=2001:db8::ff:1
--   daddr=ffff:1234:ffff:5678:ffff:9abc:ffff:def0 / udp / text even
-- out 3: eth / ip6 tclass=0x2E flow=0xFFFFF hop_limit=1 saddr=2001:db8::ff:1
--   daddr=ffff:1234:ffff:5678:ffff:9abc:ffff:def0 / icmp6 / text odd
-- out 4: eth / ip6 tclass=0x2E flow=0xFFFFF hop_limit=1 saddr=2001:db8::ff:1
--   daddr=ffff:1234:ffff:5678:ffff:9abc:ffff:def0 / udplite length=8 / text even
-- out 5: eth / ip6 tclass=0x2E flow=0xFFFFF hop_limit=1 saddr=2001:db8::ff:1
--   daddr=ffff:1234:ffff:5678:ffff:9abc:ffff:def0 / dccp cscov=1 / text even
