-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An ICMP error quotes 8 bytes of TCP, ports and sequence number: those are fields, the others are nil.
-- in: eth / ip / icmp type=3 code=4 / hex 4500003c123400004006962bc000024d080808089c40005001020304
-- in: eth / ip / icmp type=3 code=4 / hex 4500003c1234000040219610c000024d080808089c40005001020304
-- in: eth / ip / icmp type=3 code=4 / hex 4500003c1234000040119620c000024d080808089c40005001020304
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
