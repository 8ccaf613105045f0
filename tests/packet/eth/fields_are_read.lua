-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an Ethernet header is read, in long form and shorthand.
-- in: eth / ip / udp
-- in: eth dmac=ff:ff:ff:ff:ff:ff smac=00:00:5e:00:53:af type=0x88b5 / hex 00
function process_packet(p)
  local eth = p:data(packet_eth)
  assert(eth.dmac == eth:dmac():get() and eth.smac == eth:smac():get() and eth.type == eth:type():get())
  error(table.concat({eth.dmac, eth.smac, eth.type, eth:dmac():int(), tostring(eth), tostring(eth:smac()),
    eth:type():get_offset(), #eth:dmac(), eth:get_size()}, ", "), 0)
end

-- verdict 1: error 02:00:00:00:00:01, 02:00:00:00:00:02, 2048, 2199023255553, packet_eth offset 0 length 42, packet_eth.smac offset 6 length 6, 12, 6, 42
-- verdict 2: error FF:FF:FF:FF:FF:FF, 00:00:5E:00:53:AF, 34997, 281474976710655, packet_eth offset 0 length 15, packet_eth.smac offset 6 length 6, 12, 6, 15
