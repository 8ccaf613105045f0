-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Looks at four bytes of the payload.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  local bytes = udp:data():get()
  if bytes[0] == 71 or bytes[1] == 256 or bytes[2] == 256 or bytes[3] == 256 then return NF_DROP end
  return XT_CONTINUE
end
