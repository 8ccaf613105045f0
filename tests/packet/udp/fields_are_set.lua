-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of a UDP header is written, highest and lowest value; the checksum follows.
-- in 4 times: eth / ip / udp / text payload
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  n = (n or 0) + 1
  if n == 1 then
    udp.sport = 0xFFFF
  elseif n == 2 then
    udp:sport():set(0)
  elseif n == 3 then
    udp:dport():set(0)
  else
    udp.dport = 0xFFFF
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp sport=65535 / text payload
-- out 2: eth / ip / udp sport=0 / text payload
-- out 3: eth / ip / udp dport=0 / text payload
-- out 4: eth / ip / udp dport=65535 / text payload
