-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- IPv4 addresses are written as text or as integers, and read as text, or by int() as integers.
-- in: eth / ip / udp / text a
-- in: eth / ip / tcp / text a
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.saddr = 0xC0000201
  assert(ip.saddr == "192.0.2.1" and ip:saddr():int() == 0xC0000201)
  ip:daddr():set("0.10.200.255")
  assert(ip.daddr == "0.10.200.255" and ip:daddr():int() == 0x000AC8FF)
  ip.saddr = "192.000.002.010"
  assert(ip.saddr == "192.0.2.10")
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip saddr=192.0.2.10 daddr=0.10.200.255 / udp / text a
-- out 2: eth / ip saddr=192.0.2.10 daddr=0.10.200.255 / tcp / text a
