-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing a field of an Ethernet header that is not there is an error.
-- link: raw
-- in 3 times: ip / udp / text x
n = 0
function process_packet(p)
  local eth = p:data(packet_eth)
  n = n + 1
  if n == 1 then
    eth.dmac = "02:00:00:00:00:09"
  elseif n == 2 then
    eth:type():set(0x0800)
  end
  eth:data(packet_ip).ttl = 9
  return NF_ACCEPT
end

-- verdict 1: error without_link_layer_writing_its_fields_raises.lua:10: dmac: there is no link-layer header on this hook
-- verdict 2: error without_link_layer_writing_its_fields_raises.lua:12: type: there is no link-layer header on this hook
-- verdict 3: NF_ACCEPT
-- out: ip ttl=9 / udp / text x
