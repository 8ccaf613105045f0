-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A header at an odd byte of an ICMP message: a change there goes into the message's checksum.
-- in: eth / ip / icmp / hex 00 / ip / udp / text abc
-- in: eth / ip / icmp / hex 00 / ip / tcp / text abcd
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip):data(packet_icmp)
  local quoted = icmp:data():raw(1, #icmp:data() - 1):data(packet_ip)
  local transport = quoted:data(packet_udp) or quoted:data(packet_tcp)
  quoted.saddr = "192.0.2.1"
  quoted.tos = 0x10
  transport.sport = 53
  transport:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / icmp / hex 00 / ip tos=16 saddr=192.0.2.1 / udp sport=53 / text abc
-- out 2: eth / ip / icmp / hex 00 / ip tos=16 saddr=192.0.2.1 / tcp sport=53 / text abcd
