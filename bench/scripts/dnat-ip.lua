-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The same for a function that is given the IP header.
function process_packet(ip)
  ip.daddr = "2.1.1.1"
  return XT_CONTINUE
end
