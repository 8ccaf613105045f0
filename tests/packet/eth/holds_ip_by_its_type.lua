-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Ethernet holds IPv4 if its type says so, and if the header is all there; that is looked up anew after a write.
-- in: eth / ip / udp
-- in: eth / arp
-- in: eth / ip6 / hex 0000
-- in: eth / vlan / ip / udp
-- in: eth type=0x0801 / ip / udp
-- in: eth type=0x0800 / fill 40 0x00
-- in: eth type=0x0800 / fill 40 0x45
-- in: eth type=0x0800 / fill 19 0x45
function process_packet(p)
  local eth = p:data(packet_eth)
  local before = eth:data(packet_ip) and "ip" or "nil"
  eth.type = 0x0800
  local after = eth:data(packet_ip) and "ip" or "nil"
  eth.type = 0x0806
  assert(eth:data(packet_ip) == nil)
  error(before .. " " .. after, 0)
end

-- verdict 1, 6-7: error ip ip
-- verdict 2-5: error nil ip
-- verdict 8: error nil nil
