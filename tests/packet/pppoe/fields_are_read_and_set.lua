-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- PPPoE: its length ends the payload, and follows it; the protocol of PPP says what that is, in a session.
-- in: eth / pppoe session=0xABCD / ip / udp / text abc / pad 7
-- in: eth / vlan / pppoe / ip6 / tcp / text abc
-- in: eth / pppoe code=9 / ip / udp / text abc
-- in: eth / pppoe protocol=0xC021 / hex 0101000a01040578
-- in: eth / pppoe length=3 / ip / udp / text abc
-- in: eth / pppoe length=1 / ip / udp / text abc
-- in: eth / pppoe length=0 / ip / udp / text abc
function process_packet(p)
  local eth = p:data(packet_eth)
  local ppp = eth:data(packet_pppoe) or eth:data(packet_vlan):data(packet_pppoe)
  assert(ppp.version == 1 and ppp.type == 1)
  local said = ppp.code .. " " .. ppp.session .. " " .. ppp.length .. " " .. ppp.protocol
  local ip = ppp:data(packet_ip) or ppp:data(packet_ip6)
  if not ip then error(said .. ": " .. #(ppp:data() or ""), 0) end
  local l4 = ip:data(packet_udp) or ip:data(packet_tcp)
  ppp.session = 0x1234
  if ppp.length == 0 then error(select(2, pcall(l4:data().set, l4:data(), "a longer text")), 0) end
  ip:data(l4.flags and packet_tcp or packet_udp):data():set("a longer text")
  assert(ppp.length == #ppp:data() + 2)
  l4.dport = 9
  return XT_CONTINUE
end

-- verdict 1-2: XT_CONTINUE
-- verdict 3: error 9 1 33 33: 31
-- verdict 4: error 0 1 10 49185: 8
-- verdict 5: error 0 1 3 33: 1
-- verdict 6: error 0 1 1 33: 0
-- verdict 7: error fields_are_read_and_set.lua:19: this payload keeps its length: the network header is in it, or not all headers around it are known, or
--   one of them does not say how long it is, or sums up a part of it
-- out 1: eth / pppoe session=0x1234 / ip / udp dport=9 / text a longer text / pad 7
-- out 2: eth / vlan / pppoe session=0x1234 / ip6 / tcp dport=9 / text a longer text
