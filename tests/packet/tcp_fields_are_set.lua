-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One field of the TCP header after the other is written, lowest and highest value; the checksum follows.
-- in 19 times: eth / ip / tcp options=020405b401010402 / text odd
-- in: eth / ip / tcp
local writes = {
  {"sport", 0}, {"sport", 0xFFFF}, {"dport", 0}, {"dport", 0xFFFF}, {"seq", 0}, {"seq", 0xFFFFFFFF}, {"ack", 0},
  {"ack", 0xFFFFFFFF}, {"data_off", 5}, {"data_off", 7}, {"reserved", 0}, {"reserved", 15}, {"flags", 0}, {"flags", 255},
  {"window_size", 0}, {"window_size", 0xFFFF}, {"urgent", 0}, {"urgent", 0xFFFF}, {"seq", 0x00010000}, {"ack", 1},
}
n = 0
function process_packet(p)
  local tcp = p:data(packet_eth):data(packet_ip):data(packet_tcp)
  n = n + 1
  tcp[writes[n][1]] = writes[n][2]
  assert(tcp[writes[n][1]] == writes[n][2])
  return NF_ACCEPT
end
