-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of IPv6; addresses are text as RFC 5952 has it.
-- in: eth / ip6 tclass=0xB8 flow=0xABCDE hop_limit=7 saddr=2001:DB8:0:0:1::1 daddr=::ffff:192.0.2.1 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  assert(ip.version == 6 and ip.tclass == 0xB8 and ip.flow == 0xABCDE and ip.payload_len == 11)
  assert(ip.nexthdr == 17 and ip.hop_limit == 7)
  assert(ip.saddr == "2001:db8::1:0:0:1", ip.saddr)
  assert(ip:daddr():get() == "::ffff:192.0.2.1", ip.daddr)
  assert(#ip:daddr() == 16 and ip:daddr():get_offset() == 14 + 24)
  assert(ip:flow():int() == 0xABCDE and #ip == 51 and #ip:data() == 11)
  assert(ip:data(packet_tcp) == nil and ip:data(packet_ip) == nil)
  error(tostring(ip) .. ", " .. tostring(ip:saddr()) .. ", " .. tostring(ip:data(packet_udp)), 0)
end

-- verdict: error packet_ip6 offset 14 length 51, packet_ip6.saddr offset 22 length 16, packet_udp offset 54 length 11
