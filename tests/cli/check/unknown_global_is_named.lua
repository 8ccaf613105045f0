-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  if ip.ttl == treshold then return nf_drop end
  prnt(tread)
  return XT_CONTINUE
end
