-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- DNAT by a function that is given the IP header:
--   packetscript attach dnat-ip.lua --hook postrouting --object ip
function process_packet(ip)
  ip.daddr = "2.1.1.1"
  return XT_CONTINUE
end
