-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Bytes of the payload are written, also the last one of an odd number, and the checksum is computed anew.
-- in: eth / ip / udp / text payload
-- in: eth / ip / tcp / text payload
-- in: eth / ip / icmp / text payload
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_icmp)
  local data = transport:data():get()
  data[#data - 1] = 0xFF
  data[1] = 0
  if transport.check then transport:check():set() else transport:checksum():set() end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp / hex 7000 / text yloa / hex ff
-- out 2: eth / ip / tcp / hex 7000 / text yloa / hex ff
-- out 3: eth / ip / icmp / hex 7000 / text yloa / hex ff
