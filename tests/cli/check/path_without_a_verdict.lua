-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then
    return NF_DROP
  elseif ip.ttl == 1 then
    print("last hop")
  elseif ip.ttl == 2 then
    return
  end
end
