-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local ip6 = p:data(packet_eth):data(packet_ipv6)
  local seventy = p:data(70)
  return XT_CONTINUE
end
