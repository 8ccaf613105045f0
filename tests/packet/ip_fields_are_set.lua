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
