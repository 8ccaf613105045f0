-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Without a link layer the packet begins with the IP header, and both ways to it are the same.
-- link: raw
-- in: ip / tcp / text abc
function process_packet(p)
  local a, b = p:data(packet_ip), p:data(packet_eth):data(packet_ip)
  assert(a:get_offset() == 0 and tostring(a) == tostring(b))
  a.saddr = "192.0.2.1"
  b.daddr = "192.0.2.2"
  b:data(packet_tcp).dport = 8080
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: ip saddr=192.0.2.1 daddr=192.0.2.2 / tcp dport=8080 / text abc
