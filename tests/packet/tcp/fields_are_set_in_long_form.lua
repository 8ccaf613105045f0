-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of the TCP header is written in long form, all in one packet, and addresses too.
-- in: eth / ip / tcp / text odd
-- in: eth / ip / tcp options=01010101 / text even
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip:data(packet_tcp)
  tcp:sport():set(443)
  tcp:dport():set(50000)
  tcp:seq():set(0x12345678)
  tcp:ack():set(0x9ABCDEF0)
  tcp:data_off():set(5)
  tcp:reserved():set(1)
  tcp:flags():set(0x11)
  tcp:window_size():set(1)
  tcp:urgent():set(2)
  ip:saddr():set("192.0.2.1")
  ip:daddr():set("192.0.2.2")
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip saddr=192.0.2.1 daddr=192.0.2.2
--   / tcp sport=443 dport=50000 seq=305419896 ack=2596069104 reserved=1 flags=17 window_size=1 urgent=2
--   / text odd
-- out 2: eth / ip saddr=192.0.2.1 daddr=192.0.2.2
--   / tcp options=01010101 sport=443 dport=50000 seq=305419896 ack=2596069104 data_off=5 reserved=1 flags=17
--   window_size=1 urgent=2 / text even
