-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- :write() puts bytes anywhere, and every checksum that covers them follows: what they lie in, and what policy finds inside.
-- in: eth / ip / udp / text abcdefgh
-- in: eth / ip options=01010100 / tcp options=02040578 / text abcdefghi
-- in: eth / ip / udp check=0 / text abcdefgh
-- in: eth / ip / icmp / text abcdefgh
-- in: eth / ip / udplite len=11 / text abcdefgh
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
