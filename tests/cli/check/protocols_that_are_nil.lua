-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_pi)
  local known = packet_upd ~= nil
  local bytes = eth:data(nil)
  return eth:data() and NF_DROP or NF_ACCEPT
end
