-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A token bucket: each packet takes one, and each eighth puts ten in.
local tokens, most, seen = 100, 100, 0

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp or udp.dport ~= 7 then return XT_CONTINUE end
  seen = seen + 1
  if seen & 7 == 0 then
    tokens = tokens + 10
    if tokens > most then tokens = most end
  end
  if tokens == 0 then return NF_DROP end
  tokens = tokens - 1
  return XT_CONTINUE
end
