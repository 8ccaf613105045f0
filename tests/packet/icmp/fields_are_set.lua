-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an ICMP header is written, highest and lowest value; the checksum follows.
-- in 3 times: eth / ip / icmp / text odd
-- in: eth / ip / icmp
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)
  n = (n or 0) + 1
  if n == 1 then
    icmp.type, icmp.code, icmp.id, icmp.sequence = 255, 255, 65535, 65535
  elseif n == 2 then
    icmp:type():set(0)
    icmp:code():set(0)
    icmp:id():set(0)
    icmp:sequence():set(0)
  else
    icmp.type = 0
    icmp:sequence():set(icmp.sequence + 1)
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / icmp type=255 code=255 id=65535 sequence=65535 / text odd
-- out 2: eth / ip / icmp type=0 id=0 sequence=0 / text odd
-- out 3: eth / ip / icmp type=0 sequence=2 / text odd
-- out 4: eth / ip / icmp type=0 sequence=2
