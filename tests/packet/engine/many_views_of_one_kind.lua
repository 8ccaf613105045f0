-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- More views of a kind than are made beforehand: each is an object of its own.
-- in: eth / ip / udp / fill 32 0x00
-- in: eth / ip / udp / fill 32 0x00
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local views, fields, arrays = {}, {}, {}
  for i = 1, 20 do
    views[i] = udp:data():raw(i, 1)
    fields[i] = p:data(packet_eth):data(packet_ip):ttl()
    arrays[i] = views[i]:get()
  end
  for i = 1, 20 do
    views[i]:set(i)
    assert(arrays[i][0] == i and views[i]:get_offset() == 42 + i and fields[i] ~= fields[i % 20 + 1])
  end
  fields[20]:set(3)
  assert(fields[1]:get() == 3)
  udp:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip ttl=3 / udp / hex 000102030405060708090a0b0c0d0e0f 10111213140000000000000000000000
