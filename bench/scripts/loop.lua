-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Looks at each byte of the payload.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return NF_DROP end
  local payload = udp:data():get()
  for i = 0, #payload - 1 do
    if payload[i] == 256 then return NF_DROP end
  end
  return XT_CONTINUE
end
