-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip, ip6 = eth:data(packet_ip), eth:data(packet_ip6)
  if ip then ip.daddr = "2.1.1.1" end
  if ip6 then ip6.daddr = "2001:db8::99" end
  return XT_CONTINUE
end
