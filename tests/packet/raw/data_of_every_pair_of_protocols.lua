-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Which header holds which: a row for each protocol, asked as the payload of raw, eth, ip, icmp, tcp and udp.
-- in: eth / ip / icmp / fill 60 0x45
-- in: eth / ip / tcp / fill 60 0x45
-- in: eth / ip / udp / fill 60 0x45
-- in: eth / ip / udp / fill 7 0x00
-- in: eth / arp
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  local transport = ip and (ip:data(packet_icmp) or ip:data(packet_tcp) or ip:data(packet_udp))
  local said = {}
  for i, header in ipairs{p, eth, ip or p, transport or p, transport and transport:data() or p} do
    local row = {}
    for id = packet_raw, packet_udp do
      local v = header:data(id)
      row[#row + 1] = v and #v or "-"
    end
    said[i] = table.concat(row, " ")
  end
  error(table.concat(said, ", "), 0)
end

-- verdict 1: error 102 102 102 102 102 102, 88 - 88 - - -, 68 - - 68 - -, 60 - - - - -, 60 60 60 60 60 60
-- verdict 2: error 114 114 114 114 114 114, 100 - 100 - - -, 80 - - - 80 -, 60 60 60 60 60 60, 60 60 60 60 60 60
-- verdict 3: error 102 102 102 102 102 102, 88 - 88 - - -, 68 - - - - 68, 60 60 60 60 60 60, 60 60 60 60 60 60
-- verdict 4: error 49 49 49 49 49 49, 35 - 35 - - -, 15 - - - - 15, 7 - - - - -, 7 - - - - -
-- verdict 5: error 42 42 42 42 42 42, 28 - - - - -, 42 42 42 42 42 42, 42 42 42 42 42 42, 42 42 42 42 42 42
