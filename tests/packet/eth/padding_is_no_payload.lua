-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Ethernet pads small frames: payloads end where tot_len and length say, header views at the frame's end.
-- in: eth / ip / udp / text abc / pad 15
-- in: eth / ip / tcp / text abc / pad 3
-- in: eth / ip / icmp / text a / pad 17
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_icmp)
  assert(#eth:data() == #p - 14 and #ip == #p - 14)
  assert(#ip:data() == ip.tot_len - 20 and #transport == #ip:data())
  transport:data():set(0x2B)
  if transport.check then transport:check():set() else transport:checksum():set() end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp / text +++ / pad 15
-- out 2: eth / ip / tcp / text +++ / pad 3
-- out 3: eth / ip / icmp / text + / pad 17
