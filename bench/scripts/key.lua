-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Addresses, protocol and ports joined into one integer, by which a table has a verdict.
local verdicts = {}

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local key = (ip:saddr():int() * 31 + ip:daddr():int()) << 24 ~ ip.protocol << 32 ~ udp.sport << 16 ~ udp.dport
  local verdict = verdicts[key]
  if verdict then return verdict end
  return XT_CONTINUE
end
