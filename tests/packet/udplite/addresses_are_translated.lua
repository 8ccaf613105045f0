-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP-Lite's checksum follows the addresses, however much of the payload it covers.
-- in: eth / ip / udplite / text abcde
-- in: eth / ip / udplite length=8 / text abcde
-- in: eth / ip / udplite length=11 / text abcde
-- in: eth / ip / udplite length=13 / text abcde
-- in: eth / ip / udplite length=8 / ip / udp / text ab
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip:daddr():set("2.1.1.1")
  local udplite = ip:data(packet_udplite)
  udplite.dport = 53
  local inner = udplite:data():data(packet_ip)
  if inner and inner.version == 4 then inner.ttl = 9 end
  local was = udplite.check
  udplite:check():set()
  assert(udplite.check == was)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip daddr=2.1.1.1 / udplite dport=53 / text abcde
-- out 2: eth / ip daddr=2.1.1.1 / udplite length=8 dport=53 / text abcde
-- out 3: eth / ip daddr=2.1.1.1 / udplite length=11 dport=53 / text abcde
-- out 4: eth / ip daddr=2.1.1.1 / udplite length=13 dport=53 / text abcde
-- out 5: eth / ip daddr=2.1.1.1 / udplite length=8 dport=53 / ip ttl=9 / udp / text ab
