-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Reads and writes each byte of the payload; the same one, so that the checksum stays right.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return NF_DROP end
  local payload = udp:data():get()
  for i = 0, #payload - 1 do
    payload[i] = payload[i] ~ 0
  end
  return XT_CONTINUE
end
