-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- :write() of addresses, ports and payload keeps the checksums of what IPv6 carries.
-- in: eth / ip6 / udp / text abc
-- in: eth / ip6 / tcp / text abc
-- in: eth / ip6 / icmp6 / text abc
function process_packet(p)
  p:write("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x77", 14 + 24)
  p:write("\x20\x01\x0d\xb8", 14 + 8)
  p:write("XY", #p - 2)
  p:write("\x09", 14 + 7)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip6 hop_limit=9 saddr=2001:db8::1 daddr=2001:db8::77 / udp / text aXY
-- out 2: eth / ip6 hop_limit=9 saddr=2001:db8::1 daddr=2001:db8::77 / tcp / text aXY
-- out 3: eth / ip6 hop_limit=9 saddr=2001:db8::1 daddr=2001:db8::77 / icmp6 / text aXY
