-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local half, square = ip.ttl / 2, ip.ttl ^ 2
  local whole = ip.ttl // 2
  return XT_CONTINUE
end
