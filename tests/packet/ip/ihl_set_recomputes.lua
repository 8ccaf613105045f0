-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing ihl changes which bytes the header's checksum is of: it is computed anew.
-- wrong checksums: 1
-- in: eth / ip / hex 01010100 04d2 162e 000b 0000 616263
-- in: eth / ip options=01010100 / udp / text abc
-- in: eth / ip / fill 10 0x77
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  if n == 1 then ip.ihl = 6 end
  if n == 2 then ip.ihl = 5 end
  if n == 3 then ip:ihl():set(7) end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip ihl=6 / hex 01010100 04d2 162e 000b 0000 616263
-- out 2: eth / ip options=01010100 ihl=5 / udp / text abc
-- out 3: eth / ip ihl=7 / fill 10 0x77
