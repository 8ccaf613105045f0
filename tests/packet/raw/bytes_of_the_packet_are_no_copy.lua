-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A byte array from get() is the packet's own bytes: writes go through both ways. to_bytes() copies.
-- in: eth / ip / udp / text abcdef
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local own, copy = udp:data():get(), udp:data():to_bytes()
  own[0] = 0x41
  copy[1] = 0x42
  assert(own[0] == 0x41 and copy[0] == 0x61 and own[1] == 0x62 and copy[1] == 0x42)
  udp:data():raw(5, 1):set(0x46)
  assert(own[5] == 0x46 and copy[5] == 0x66 and own:string() == "AbcdeF" and copy:string() == "aBcdef")
  udp.sport = 0x4344
  assert(udp:get()[0] == 0x43 and udp:get()[1] == 0x44)
  udp:get()[1] = 0x45
  assert(udp.sport == 0x4345)
  udp:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip / udp sport=17221 / text AbcdeF
