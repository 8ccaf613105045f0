-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- One field of the IPv4 header after the other is written, lowest and highest value; the header's checksum follows.
-- in 21 times: eth / ip id=0xfffe / udp / text payload!
local writes = {
  {"tos", 0}, {"tos", 255}, {"id", 0}, {"id", 0xFFFF}, {"flags", 0}, {"flags", 2}, {"flags", 4}, {"ttl", 0}, {"ttl", 255},
  {"protocol", 0}, {"protocol", 255}, {"protocol", 253}, {"saddr", 0}, {"saddr", 0xFFFFFFFF}, {"daddr", 0},
  {"daddr", 0xFFFFFFFF}, {"frag_off", 0x1FFF}, {"flags", 7}, {"version", 4}, {"saddr", "192.0.2.1"}, {"daddr", "192.0.2.2"},
}
n = 0
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = n + 1
  local name, value = writes[n][1], writes[n][2]
  ip[name] = value
  assert(math.type(value) ~= "integer" or ip[name] == value or name:find("addr"))
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1, 5, 19: same
-- out 2: eth / ip id=0xfffe tos=255 / udp / text payload!
-- out 3: eth / ip id=0 / udp / text payload!
-- out 4: eth / ip id=65535 / udp / text payload!
-- out 6: eth / ip id=0xfffe flags=2 / udp / text payload!
-- out 7: eth / ip id=0xfffe flags=4 / udp / text payload!
-- out 8: eth / ip id=0xfffe ttl=0 / udp / text payload!
-- out 9: eth / ip id=0xfffe ttl=255 / udp / text payload!
-- out 10: eth / ip id=0xfffe protocol=0 / udp / text payload!
-- out 11: eth / ip id=0xfffe protocol=255 / udp / text payload!
-- out 12: eth / ip id=0xfffe protocol=253 / udp / text payload!
-- out 13: eth / ip id=0xfffe saddr=0.0.0.0 / udp / text payload!
-- out 14: eth / ip id=0xfffe saddr=255.255.255.255 / udp / text payload!
-- out 15: eth / ip id=0xfffe daddr=0.0.0.0 / udp / text payload!
-- out 16: eth / ip id=0xfffe daddr=255.255.255.255 / udp / text payload!
-- out 17: eth / ip id=0xfffe frag_off=8191 / udp / text payload!
-- out 18: eth / ip id=0xfffe flags=7 / udp / text payload!
-- out 20: eth / ip id=0xfffe saddr=192.0.2.1 / udp / text payload!
-- out 21: eth / ip id=0xfffe daddr=192.0.2.2 / udp / text payload!
