-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Destination NAT for IPv6, with and without a link layer that is looked at.
-- in: eth / ip6 / udp / text one
-- in: eth / ip6 / tcp / text one
-- in: eth / ip / udp / text one
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then return NF_DROP end
  ip.daddr = "2001:db8:1::99"
  return XT_CONTINUE
end

-- verdict 1-2: XT_CONTINUE
-- verdict 3: NF_DROP
-- out 1: eth / ip6 daddr=2001:db8:1::99 / udp / text one
-- out 2: eth / ip6 daddr=2001:db8:1::99 / tcp / text one
