-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- GRE may have a checksum, of itself and the packet in it: it follows what is written there. Without one it has none.
-- in: eth / ip / gre check=+0 / ip / udp / text abc
-- in: eth / ip / gre check=+0 key=77 sequence=1 / ip / tcp / text abc
-- in: eth / ip / gre check=+4 / ip / udp / text abc
-- in: eth / ip / gre key=0x01020304 / ip / udp / text abc
-- in: eth / ip / gre / ip / udp / text abc
-- in: eth / ip / gre check=+0 / eth / ip / udp / text abcd
-- in: eth / ip / gre check=+0 has_route=1 / ip / udp / text abc
-- in: eth / ip / gre has_check=1 has_key=1 has_sequence=1 / hex 0000
function process_packet(p)
  local outer = p:data(packet_eth):data(packet_ip)
  local gre = outer:data(packet_gre)
  if not gre then error("none", 0) end
  local ip = gre:data(packet_ip) or gre:data(packet_eth) and gre:data(packet_eth):data(packet_ip)
  outer.daddr = "192.0.2.9"
  if not ip then error("of what is routed nothing is known", 0) end
  ip.daddr = "2.1.1.1"
  local transport = ip:data(packet_udp) or ip:data(packet_tcp)
  transport.dport = 53
  if gre.check then
    local was = gre.check
    gre:check():set()
    if gre.check ~= was then error("was wrong", 0) end
  else
    assert(gre:check():get() == nil and not pcall(function() gre.check = 1 end) and not pcall(gre.check, gre))
    assert(not pcall(function() gre:check():set() end))
  end
  return XT_CONTINUE
end

-- verdict 1-2, 4-6: XT_CONTINUE
-- verdict 3: error was wrong
-- verdict 7: error of what is routed nothing is known
-- verdict 8: error none
-- out 1: eth / ip daddr=192.0.2.9 / gre check=+0 / ip daddr=2.1.1.1 / udp dport=53 / text abc
-- out 2: eth / ip daddr=192.0.2.9 / gre check=+0 key=77 sequence=1 / ip daddr=2.1.1.1 / tcp dport=53
--   / text abc
-- out 4: eth / ip daddr=192.0.2.9 / gre key=0x01020304 / ip daddr=2.1.1.1 / udp dport=53 / text abc
-- out 5: eth / ip daddr=192.0.2.9 / gre / ip daddr=2.1.1.1 / udp dport=53 / text abc
-- out 6: eth / ip daddr=192.0.2.9 / gre check=+0 / eth / ip daddr=2.1.1.1 / udp dport=53 / text abcd
