-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Whether a packet is a fragment is looked up when it is asked: after frag_off is 0, the transport is found.
-- in: eth / ip frag_off=3 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  assert(ip:data(packet_udp) == nil)
  ip.frag_off = 0
  ip:data(packet_udp).sport = 77
  ip.saddr = "192.0.2.1"
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip frag_off=0 saddr=192.0.2.1 / udp sport=77 / text abc
