-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where there is no Ethernet header, an object stands in for it: fields read as nil, its payload is the packet.
-- link: raw
-- in: ip / udp / text x
-- in: ip6 / hex 00
function process_packet(p)
  local eth = p:data(packet_eth)
  assert(eth.dmac == nil and eth.smac == nil and eth:type():get() == nil and eth:dmac():int() == nil)
  local ip = eth:data(packet_ip)
  local whole = eth:data()
  error(tostring(eth) .. "; " .. tostring(ip) .. "; " .. tostring(whole) .. "; " .. tostring(p), 0)
end

-- verdict 1: error packet_eth (no link-layer header); packet_ip offset 0 length 29; packet_raw offset 0 length 29; packet_raw offset 0 length 29
-- verdict 2: error packet_eth (no link-layer header); nil; packet_raw offset 0 length 41; packet_raw offset 0 length 41
