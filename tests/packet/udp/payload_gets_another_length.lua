-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A string or a byte array in the place of the payload: the packet grows and shrinks, lengths and checksums follow.
-- in: eth / ip / udp / text hello
-- in: eth / ip options=01010100 ttl=1 / udp / text hello, world!
-- in: eth / ip / udp check=0 / text abc
-- in: eth / ip / udp check=+3 / text abc
-- in: eth / ip / udp / nothing
-- in: eth / ip / udp / text abc / pad 15
local texts = { "good morning", "x", "", "an odd text", bytes.new_from_string("zero"), "abcdefg" }
local n = 0

function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local payload, all = udp:data(), p:get_size()
  local before = payload:get_size()
  payload:set(texts[n])
  assert(#payload == #texts[n] and udp:data():get() .. "" == texts[n] .. bytes.new(0))
  assert(#p == all + #texts[n] - before and ip.tot_len == #ip:raw(0, 20) + (ip.ihl - 5) * 4 + udp.length)
  assert(udp.length == 8 + #texts[n] and udp.dport ~= 0 and ip:data(packet_udp).sport == udp.sport)
  return XT_CONTINUE
end

-- wrong checksums: 1
-- verdict: XT_CONTINUE
-- out 1: eth / ip / udp / text good / hex 20 / text morning
-- out 2: eth / ip options=01010100 ttl=1 / udp / text x
-- out 3: eth / ip / udp check=0
-- out 4: eth / ip / udp check=+3 / hex 616e206f646420 / text text
-- out 5: eth / ip / udp / text zero / hex 00
-- out 6: eth / ip tot_len=35 / udp length=15 check=0x3fa0 / text abcdefg / hex 000000000000000000000000000000
