-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  if p.tcp and p.tcp.dport == 80 then p.ip.ttl = 9 end
  local near = p.udpp
  local far = p.nothing_like_it
  p.udp = 1
  p.udp.dport = 70000
  p.udp.dprt = 2
  if p.ip.saddr == 5 then p.foo = 1 end
  local tcp = p.tcp
  if tcp and tcp:data(packet_http) then tcp:dport():set(8080) end
  return XT_CONTINUE
end
