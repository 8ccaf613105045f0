-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A field or raw view may be looked at as any protocol that its bytes suffice for.
-- in: eth / ip / udp / text abcdefghijklmnopqrstuvwxyz
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  assert(tostring(ip:saddr():data()) == "packet_raw offset 26 length 4")
  assert(ip:saddr():data(packet_udp) == nil and ip:daddr():data(packet_ip) == nil)
  assert(udp:data():data(packet_udp).sport == 0x6162)
  assert(udp:data():data(packet_eth).type == 0x6D6E)
  assert(udp:data():raw(0, 8):data(packet_icmp).type == 97 and udp:data():raw(0, 7):data(packet_icmp) == nil)
  udp:data():raw(8, 8):data(packet_udp).dport = 0x4142
  udp:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip / udp / text abcdefghijABmn / hex 999a / text qrstuvwxyz
