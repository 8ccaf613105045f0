-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP-Lite: length says how many bytes the checksum covers, the pseudo header has the length of it all.
-- in: eth / ip / udplite / text abcde
-- in: eth / ip / udplite length=8 / text abcde
-- in: eth / ip / udplite length=11 / text abcde
-- in: eth / ip options=01010100 / udplite length=13 / text abcde
-- in: eth / ip / udplite length=14 / text abcde
-- in: eth / ip / udplite length=7 / text abcde
-- in: eth / ip / udplite length=10 check=0 / text abcde
-- in: eth / ip / udplite length=10 check=+5 / text abcde
-- in: eth / ip flags=1 / udplite length=10 / text abcdefgh
-- in: eth / ip / udplite length=8 / ip / udp / text ab
-- in: eth / ip / udplite length=30 / ip / udp / text ab
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udplite = ip:data(packet_udplite)
  assert(not ip:data(packet_udp) and supported_protocols[packet_udplite] == "packet_udplite")
  ip:saddr():set("192.0.2.77")
  ip.daddr = "198.51.100.255"
  udplite.sport = 0xfffe
  udplite.dport = udplite.dport ~ 0xffff
  local said = string.format("%04x", udplite.check)
  local inner = #udplite:data() > 20 and udplite:data():data(packet_ip)
  if inner then
    inner.tos = 3
    inner.daddr = "203.0.113.1"
    inner:data(packet_udp).dport = 1
    said = said .. string.format(" %04x", udplite.check)
  end
  if pcall(function() udplite:check():set() end) then said = said .. string.format(" %04x", udplite.check) end
  udplite.length = 9
  said = said .. string.format(" %04x", udplite.check)
  udplite.length = 0
  said = said .. string.format(" %04x", udplite.check)
  error(said, 0)
end

-- verdict 1: error fe51 fe51 c70f fe51
-- verdict 2: error 2811 2811 c70f fe51
-- verdict 3: error 63ab 63ab c70f fe51
-- verdict 4: error fe44 fe44 c70f fe51
-- verdict 5: error fe43 c70f fe51
-- verdict 6: error 2812 c70f fe51
-- verdict 7: error 0000 c6ac c70f fe51
-- verdict 8: error c6b1 c6ac c70f fe51
-- verdict 9: error c6a9 c6aa c6b3
-- verdict 10: error 27f8 27f8 27f8 e2f6 6e1e
-- verdict 11: error 2310 2310 2310 e2f6 6e1e
