-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An ICMP error quotes 8 bytes of TCP, ports and sequence number: those are fields, the others are nil.
-- in: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=6 saddr=192.0.2.77 daddr=8.8.8.8 / hex 9c40005001020304
-- in: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=33 saddr=192.0.2.77 daddr=8.8.8.8 / hex 9c40005001020304
-- in: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=17 saddr=192.0.2.77 daddr=8.8.8.8 / hex 9c40005001020304
-- in: eth / ip / icmp type=11 / ip / tcp / cut 77-82
-- in: eth / ip / icmp type=8 / ip / tcp / cut 70
-- in: eth / ip / tcp / cut 42-53
-- in: eth / ip / icmp type=3 / ip / tcp / cut 69
-- in: eth / ip / icmp type=3 / ip / dccp / cut 70
-- in: eth / ip / icmp type=3 / ip / tcp options=01010100 / cut 86
-- in: eth / ip / icmp type=3 / ip / ip / cut 70
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local icmp = ip:data(packet_icmp)
  local quoted = icmp and icmp:data():data(packet_ip)
  if not quoted then error(ip:data(packet_tcp) and "tcp" or "no tcp", 0) end
  assert((icmp:data(packet_ip) ~= nil) == (icmp.type ~= 8))
  quoted.saddr = "10.0.0.77"
  local tcp = quoted:data(packet_tcp) or quoted:data(packet_dccp) or quoted:data(packet_udp)
  if not tcp then error("not quoted", 0) end
  tcp.sport = 1000
  tcp:dport():set(2000)
  local said = {}
  for _, name in ipairs{ "sport", "dport", "seq", "ack", "data_off", "flags", "window_size", "check", "urgent" } do
    local ok, value = pcall(function() return tcp[name] end)
    said[#said + 1] = ok and value or "-"
    if ok and value == nil then said[#said] = "nil" end
    if ok and value and name == "check" then said[#said] = string.format("%04x", value) end
  end
  local ok, why = pcall(function() tcp.urgent = 1 end)
  said[#said + 1] = tcp:data() and "payload" or "no payload"
  if quoted.protocol == 6 and tcp.urgent == nil then
    assert(not ok and tcp:urgent():get() == nil and not pcall(tcp:urgent().set, tcp:urgent(), 1))
    assert(not tcp:options() or tcp:options():get_size() == 0)
    said[#said + 1] = why
  end
  said[#said + 1] = #tcp
  if #tcp % 4 ~= 0 then error(table.concat(said, " "), 0) end
  return XT_CONTINUE
end

-- verdict 1-3, 5, 9, 24-25: XT_CONTINUE
-- verdict 4: error 1000 2000 1000 2000 5 24 nil nil nil no payload quoted_tcp_has_8_bytes.lua:31: urgent: the header of this packet has no such field, or ends before it 15
-- verdict 6: error 1000 2000 1000 2000 5 24 8192 nil nil no payload quoted_tcp_has_8_bytes.lua:31: urgent: the header of this packet has no such field, or ends before it 17
-- verdict 7: error 1000 2000 1000 2000 5 24 8192 640e nil no payload quoted_tcp_has_8_bytes.lua:31: urgent: the header of this packet has no such field, or ends before it 18
-- verdict 8: error 1000 2000 1000 2000 5 24 8192 640e nil no payload quoted_tcp_has_8_bytes.lua:31: urgent: the header of this packet has no such field, or ends before it 19
-- verdict 10, 23, 26: error not quoted
-- verdict 11-22: error no tcp
-- out 1: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=6 saddr=10.0.0.77 daddr=8.8.8.8
--   / hex 03e807d001020304
-- out 2: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=33 saddr=10.0.0.77 daddr=8.8.8.8
--   / hex 03e807d001024bdd
-- out 3: eth / ip / icmp type=3 code=4 / ip tot_len=60 protocol=17 saddr=10.0.0.77 daddr=8.8.8.8
--   / hex 03e807d001024bdd
-- out 5: eth / ip / icmp type=11 / ip saddr=10.0.0.77 / tcp sport=1000 dport=2000 check=0x5512 / cut 78
-- out 9: eth / ip / icmp type=11 / ip saddr=10.0.0.77 / tcp sport=1000 dport=2000 urgent=1 / cut 82
-- out 24: eth / ip / icmp type=3 / ip saddr=10.0.0.77 / dccp sport=1000 dport=2000 / cut 70
-- out 25: eth / ip / icmp type=3 / ip saddr=10.0.0.77 / tcp options=01010100 sport=1000 dport=2000 urgent=1
--   / cut 86
