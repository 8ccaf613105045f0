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

-- verdict: NF_ACCEPT
-- out 1: same
-- out 2, 4: hex ab
-- out 3: hex abab
-- out 5: ip version=10 ihl=11 tos=171 tot_len=43947 id=43947 flags=5 frag_off=2987 ttl=171 protocol=171
--   saddr=171.171.171.171 daddr=171.171.171.2 check=0xabab / cut 19
