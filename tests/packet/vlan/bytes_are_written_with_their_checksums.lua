-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- :write() on the whole packet finds what a tag carries.
-- in: eth / vlan vid=7 / ip / udp / text abc
-- in: eth type=0x88A8 / vlan vid=8 / vlan vid=7 / ip6 / udp / text abc
function process_packet(p)
  p:write("XY", #p - 2)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / vlan vid=7 / ip / udp / text aXY
-- out 2: eth type=0x88A8 / vlan vid=8 / vlan vid=7 / ip6 / udp / text aXY
