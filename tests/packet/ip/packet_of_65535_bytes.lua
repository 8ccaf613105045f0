-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The largest IPv4 packet there is: its last byte, its checksum over all of it, and a change of address.
-- link: raw
-- in: ip / udp / fill 65507 0x55
function process_packet(p)
  local ip = p:data(packet_ip)
  local udp = ip:data(packet_udp)
  assert(#p == 65535 and ip.tot_len == 65535 and #udp:data() == 65507)
  udp:data():raw(65506, 1):set(0xAA)
  udp:data():get()[30001] = 0xBB
  udp:check():set()
  ip.saddr = "192.0.2.1"
  udp.sport = 65535
  assert(p:raw(65534, 1):get()[0] == 0xAA and p:get()[65535] == nil)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: ip saddr=192.0.2.1 / udp sport=65535 / fill 30001 0x55 / hex bb / fill 35504 0x55 / hex aa
