-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- TCP options are bytes, reached through data_off; check():set() covers them.
-- in: eth / ip / tcp options=020405b401010402 / text abc
function process_packet(p)
  local tcp = p:data(packet_eth):data(packet_ip):data(packet_tcp)
  assert(tostring(tcp:options()) == "packet_tcp_opt offset 54 length 8")
  assert(tcp:options():get()[0] == 2 and #tcp.options == 8)
  tcp.options[2] = 4
  tcp:options():raw(4, 2):set(0)
  tcp:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip / tcp options=020404b400000402 / text abc
