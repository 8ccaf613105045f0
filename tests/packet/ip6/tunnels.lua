-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- IPv6 in IPv4, in GRE, in IPv6, and IPv4 in IPv6: checksums of the inner packet follow.
-- in: eth / ip / ip6 / udp / text one
-- in: eth / ip / gre check=+0 / ip6 / udp / text one
-- in: eth / ip6 / ip6 / tcp / text one
-- in: eth / ip6 / ip / udp / text one
-- in: eth / ip6 / gre check=+0 / ip / tcp / text one
function process_packet(p)
  local outer = p:data(packet_eth):data(packet_ip) or p:data(packet_eth):data(packet_ip6)
  outer = outer:data(packet_gre) or outer
  local inner = outer:data(packet_ip6)
  if inner then
    inner.daddr = "2001:db8::5"
  else
    inner = outer:data(packet_ip)
    inner.daddr = "2.1.1.1"
  end
  local transport = inner:data(packet_udp) or inner:data(packet_tcp)
  transport.sport = 9
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip / ip6 daddr=2001:db8::5 / udp sport=9 / text one
-- out 2: eth / ip / gre check=+0 / ip6 daddr=2001:db8::5 / udp sport=9 / text one
-- out 3: eth / ip6 / ip6 daddr=2001:db8::5 / tcp sport=9 / text one
-- out 4: eth / ip6 / ip daddr=2.1.1.1 / udp sport=9 / text one
-- out 5: eth / ip6 / gre check=+0 / ip daddr=2.1.1.1 / tcp sport=9 / text one
