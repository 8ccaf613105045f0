-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then return NF_DROP end
  local n = ip:saddr():int()
  ip.daddr = 5
  ip.daddr = "192.0.2.1"
  if ip.saddr == "2001:0DB8::1" then return NF_DROP end
  if ip.saddr == 5 then return NF_DROP end
  if ip.saddr + 1 > 5 then return NF_DROP end
  ip:saddr():set("::FFFF:192.0.2.1")
  ip.daddr = ip.saddr
  if ip.daddr == "2001:db8::1" then return NF_DROP end
  return n
end
