-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Frames of protocols without objects: their payload is raw bytes, and nothing else.
-- in: eth / arp
-- in: eth / ip6 / udp check=0 / text hi
-- in: eth / vlan vid=0 type=0x8100 / vlan / arp
-- in: eth / ip protocol=132 / fill 12 0x01
-- in: eth / ip protocol=0 / fill 12 0x01
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip)
  for id = packet_eth, packet_udp do
    if id ~= packet_ip then assert(eth:data(id) == nil, id) end
    assert(not ip or ip:data(id) == nil, id)
  end
  local payload = (ip or eth):data()
  payload:raw(#payload - 1, 1):set(0xEE)
  error(tostring(payload), 0)
end

-- verdict 1: error packet_raw offset 14 length 28
-- verdict 2: error packet_raw offset 14 length 50
-- verdict 3: error packet_raw offset 14 length 36
-- verdict 4-5: error packet_raw offset 34 length 12
