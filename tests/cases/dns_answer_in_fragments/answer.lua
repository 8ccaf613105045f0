-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The first A record of an answer says another address.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp or udp.sport ~= 53 then return XT_CONTINUE end
  local answer = udp:data()
  local at = answer:get():string():find("\0\1\0\1....\0\4", 27)       -- type A, class IN, TTL, 4 bytes
  if at then answer:write("\10\1\2\3", at + 9) end
  return XT_CONTINUE
end
