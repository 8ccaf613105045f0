-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- :write() puts bytes anywhere, and every checksum that covers them follows: what they lie in, and what policy finds inside.
-- in: eth / ip / udp / text abcdefgh
-- in: eth / ip options=01010100 / tcp options=02040578 / text abcdefghi
-- in: eth / ip / udp check=0 / text abcdefgh
-- in: eth / ip / icmp / text abcdefgh
-- in: eth / ip / udplite length=11 / text abcdefgh
-- in: eth / ip / dccp cscov=2 / text abcdefgh
-- in: eth / ip / gre check=+0 key=5 / ip / udp / text abcdefgh
-- in: eth / ip / gre check=+0 / eth / ip / tcp / text abcdefgh
-- in: eth / ip / icmp type=3 / ip / tcp / text abcdefgh
-- in: eth / ip options=830704c000020900 final=192.0.2.9 / udp / text abcdefgh
-- in: eth / ip / udp / text abcdefg / pad 11
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  local transport = ip:data(packet_udp) or ip:data(packet_tcp) or ip:data(packet_udplite) or ip:data(packet_dccp) or
    ip:data(packet_icmp) or ip:data(packet_gre)
  local payload = transport:data()
  payload:write("X", #payload - 2)
  payload:write("YZ", #payload - 3)
  payload:raw(#payload - 6, 4):write(bytes.many_to_one{"1", "23"}, 1)
  transport:write("\1\2")
  ip:write("\10\9\8\7", 12)
  ip:daddr():write("\2\1\1\1")
  eth:write("\5", 14 + 1)
  p:write("\xff\xfe", 18)
  p:raw(20, 10):write("\9", 2)
  p:write(ip:ttl():to_bytes(), 22)
  p:write("01234", #p - 6)
  ip:tos():write("\8")
  payload:write("")
  return XT_CONTINUE
end

-- verdict 1-6, 9-11: XT_CONTINUE
-- verdict 7-8: error bytes_are_written_with_their_checksums.lua:23: these bytes say how long the packet is, or what its checksum is of: set the field
-- out 1: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / udp sport=258 / text ab01234h
-- out 2: eth / ip options=01010100 tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1
--   / tcp options=02040578 sport=258 / text abc01234i
-- out 3: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / udp check=0 sport=258 / text ab01234h
-- out 4: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / icmp type=1 code=2 / text ab01234h
-- out 5: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / udplite length=11 sport=258
--   / text ab01234h
-- out 6: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / dccp cscov=2 sport=258 / text ab01234h
-- out 9: eth / ip tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1 / icmp type=1 code=2 / ip
--   / tcp check=0x03db / text ab01234h
-- out 10: eth / ip options=830704c000020900 final=192.0.2.9 tos=8 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1
--   / udp sport=258 / text ab01234h
-- out 11: eth / ip tos=8 tot_len=35 id=65534 ttl=9 saddr=10.9.8.7 daddr=2.1.1.1
--   / udp sport=258 length=15 check=0xa69f / text ab123Zg / hex 0000000000 / text 01234 / hex 00
