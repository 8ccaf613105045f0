-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A payload inside a tunnel: lengths and checksums of all headers around it follow.
-- in: eth / ip / gre check=+0 / ip / udp / text abc
-- in: eth / ip / gre check=+0 key=77 / ip6 / tcp / text abc
-- in: eth / ip / gre check=+4 / ip / udp / text abc
-- in: eth / ip / gre / ip / udp check=0 / text abc
-- in: eth / ip6 / gre check=+0 / eth / ip / udp / text abcd
-- in: eth / ip / gre check=+0 / ip / udp / nothing
-- wrong checksums: 0
function process_packet(p)
  local eth = p:data(packet_eth)
  local outer = eth:data(packet_ip) or eth:data(packet_ip6)
  local gre = outer:data(packet_gre)
  local inner = gre:data(packet_eth) or gre
  local ip = inner:data(packet_ip) or inner:data(packet_ip6)
  local l4 = ip:data(packet_udp) or ip:data(packet_tcp)
  l4:data():set("no longer abc")
  l4:data():set("longer")
  outer:data(packet_gre):data()
  l4.dport = 53
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip / gre check=+0 / ip / udp dport=53 / text longer
-- out 2: eth / ip / gre check=+0 key=77 / ip6 / tcp dport=53 / text longer
-- out 3: eth / ip / gre check=+4 / ip / udp dport=53 / text longer
-- out 4: eth / ip / gre / ip / udp check=0 dport=53 / text longer
-- out 5: eth / ip6 / gre check=+0 / eth / ip / udp dport=53 / text longer
-- out 6: eth / ip / gre check=+0 / ip / udp dport=53 / text longer
