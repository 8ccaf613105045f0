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

-- verdict: NF_ACCEPT
-- out 1: eth / ip / tcp options=020405b401010402 sport=0 / text odd
-- out 2: eth / ip / tcp options=020405b401010402 sport=65535 / text odd
-- out 3: eth / ip / tcp options=020405b401010402 dport=0 / text odd
-- out 4: eth / ip / tcp options=020405b401010402 dport=65535 / text odd
-- out 5: eth / ip / tcp options=020405b401010402 seq=0 / text odd
-- out 6: eth / ip / tcp options=020405b401010402 seq=4294967295 / text odd
-- out 7: eth / ip / tcp options=020405b401010402 ack=0 / text odd
-- out 8: eth / ip / tcp options=020405b401010402 ack=4294967295 / text odd
-- out 9: eth / ip / tcp options=020405b401010402 data_off=5 / text odd
-- out 10-11, 17: same
-- out 12: eth / ip / tcp options=020405b401010402 reserved=15 / text odd
-- out 13: eth / ip / tcp options=020405b401010402 flags=0 / text odd
-- out 14: eth / ip / tcp options=020405b401010402 flags=255 / text odd
-- out 15: eth / ip / tcp options=020405b401010402 window_size=0 / text odd
-- out 16: eth / ip / tcp options=020405b401010402 window_size=65535 / text odd
-- out 18: eth / ip / tcp options=020405b401010402 urgent=65535 / text odd
-- out 19: eth / ip / tcp options=020405b401010402 seq=65536 / text odd
-- out 20: eth / ip / tcp ack=1
