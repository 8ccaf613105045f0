-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where packets have no link layer, that is passed over, for IPv6 as for IPv4.
-- link: raw
-- in: ip6 / udp / text one
-- in: ip / udp / text one
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip6 = eth:data(packet_ip6)
  if not ip6 then
    assert(eth:data(packet_ip))
    return NF_ACCEPT
  end
  assert(eth:data(packet_ip) == nil and ip6:get_offset() == 0)
  ip6.hop_limit = 3
  return XT_CONTINUE
end

-- verdict 1: XT_CONTINUE
-- verdict 2: NF_ACCEPT
-- out 1: ip6 hop_limit=3 / udp / text one
-- out 2: same
