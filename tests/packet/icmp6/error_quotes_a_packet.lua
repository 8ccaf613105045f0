-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Errors carry the packet that they are about; its header and transport, of which 8 bytes may be all there is.
-- in: eth / ip6 / icmp6 type=1 code=4 id=0 sequence=0 / ip6 saddr=fd00::2 daddr=fd00::1 / udp / text abc
-- in: eth / ip6 / icmp6 type=2 id=0 sequence=1280 / ip6 saddr=fd00::2 daddr=fd00::1 / tcp / text abc
-- in: eth / ip6 / icmp6 type=3 id=0 sequence=0 / ip6 payload_len=20 nexthdr=6 saddr=fd00::2 daddr=fd00::1
--   / hex 04d2162e000003e8
-- in: eth / ip6 / icmp6 type=128 / ip6 / udp
function process_packet(p)
  local icmp = p:data(packet_eth):data(packet_ip6):data(packet_icmp6)
  local quoted = icmp:data(packet_ip6)
  if not quoted then return NF_DROP end
  quoted.saddr = "2001:db8::1"
  local inner = quoted:data(packet_udp) or quoted:data(packet_tcp)
  inner.sport = 1000
  if icmp.type == 3 then assert(inner.seq == 1000 and inner.ack == nil) end
  return XT_CONTINUE
end

-- verdict 1-3: XT_CONTINUE
-- verdict 4: NF_DROP
-- out 1: eth / ip6 / icmp6 type=1 code=4 id=0 sequence=0 / ip6 saddr=2001:db8::1 daddr=fd00::1 / udp sport=1000 / text abc
-- out 2: eth / ip6 / icmp6 type=2 id=0 sequence=1280 / ip6 saddr=2001:db8::1 daddr=fd00::1 / tcp sport=1000 / text abc
-- out 3: eth / ip6 / icmp6 type=3 id=0 sequence=0 / ip6 payload_len=20 nexthdr=6 saddr=2001:db8::1 daddr=fd00::1
--   / hex 03e8162e000003e8
