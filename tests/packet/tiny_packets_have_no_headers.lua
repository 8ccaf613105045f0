-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Packets of 0, 1 and a few bytes: no IP header is found, and what is there can be written.
-- link: raw
-- in: nothing
-- in: hex 45
-- in: hex 4500
-- in: hex 60
-- in: ip / cut 19
function process_packet(p)
  assert(p:data(packet_ip) == nil and p:data(packet_tcp) == nil)
  assert(p:data(packet_eth) and p:data(packet_eth):data(packet_ip) == nil)
  assert(#p == #p:get() and #p == p:get_size() and p:get_offset() == 0)
  assert(p:raw(#p, 0) and p:raw(#p, 1) == nil and p:raw(#p + 1, 0) == nil)
  p:set(0xAB)
  return NF_ACCEPT
end
