-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_pi)
  local bytes = eth:data(nil)
  if packet_tls ~= nil then return NF_DROP end
  return eth:data() and NF_DROP or NF_ACCEPT
end
