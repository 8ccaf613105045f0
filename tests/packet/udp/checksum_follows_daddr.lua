-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The checksums of IP and UDP follow when the destination address is changed.
-- in: eth / ip / udp
-- in: eth / ip / udp / text even
-- in: eth / ip / udp / text odds!
-- in: eth / ip options=01010100 / udp / text options
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:daddr():set("2.1.1.1")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip daddr=2.1.1.1 / udp
-- out 2: eth / ip daddr=2.1.1.1 / udp / text even
-- out 3: eth / ip daddr=2.1.1.1 / udp / text odds!
-- out 4: eth / ip options=01010100 daddr=2.1.1.1 / udp / text options
