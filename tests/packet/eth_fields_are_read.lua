-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of an Ethernet header is read, in long form and shorthand.
-- in: eth / ip / udp
-- in: eth dst=ff:ff:ff:ff:ff:ff src=00:00:5e:00:53:af type=0x88b5 / hex 00
function process_packet(p)
  local eth = p:data(packet_eth)
  assert(eth.dmac == eth:dmac():get() and eth.smac == eth:smac():get() and eth.type == eth:type():get())
  error(table.concat({eth.dmac, eth.smac, eth.type, eth:dmac():int(), tostring(eth), tostring(eth:smac()),
    eth:type():get_offset(), #eth:dmac(), eth:get_size()}, ", "), 0)
end
