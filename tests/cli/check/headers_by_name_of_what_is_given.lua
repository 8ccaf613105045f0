-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --object ip
function process_packet(p)
  if p.tcp and p.tcp.dport == 80 then p.ttl = 9 end
  if p.udpp then return NF_DROP end
  if p.udp then p.udp = 1 end
  p:udp()
  local eth = p.eth
  if eth and eth.dprt == 3 then return NF_DROP end
  return p.ip and XT_CONTINUE or NF_DROP
end
