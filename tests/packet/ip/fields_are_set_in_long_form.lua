-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of the IPv4 header is written in long form, all in one packet; the checksum of the header is right.
-- in: eth / ip / hex 0102030405
-- in: eth / ip options=94040000 / hex 0102030405
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:version():set(4)
  ip:ihl():set(ip:ihl():get())
  ip:tos():set(0x2E)
  ip:tot_len():set(ip:tot_len():get() - 1)
  ip:id():set(1)
  ip:flags():set(1)
  ip:frag_off():set(185)
  ip:ttl():set(3)
  ip:protocol():set(253)
  ip:saddr():set("198.51.100.7")
  ip:daddr():set("203.0.113.9")
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip tos=46 tot_len=24 id=1 flags=1 frag_off=185 ttl=3 saddr=198.51.100.7 daddr=203.0.113.9
--   / hex 0102030405
-- out 2: eth / ip options=94040000 tos=46 tot_len=28 id=1 flags=1 frag_off=185 ttl=3 saddr=198.51.100.7
--   daddr=203.0.113.9 / hex 0102030405
