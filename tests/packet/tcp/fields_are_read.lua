-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of a TCP header is read, in long form and shorthand.
-- not with partial checksums: it reads the checksum
-- in: eth / ip / tcp sport=0xffff dport=1 seq=0xffffffff ack=0x80000001 reserved=9 flags=0xc2 window_size=0xfffe urgent=0x8001
-- in: eth / ip / tcp options=020405b401010402 / text abc
local names = {"sport", "dport", "seq", "ack", "data_off", "reserved", "flags", "window_size", "check", "urgent"}
function process_packet(p)
  local tcp = p:data(packet_eth):data(packet_ip):data(packet_tcp)
  local values = {}
  for i, name in ipairs(names) do values[i] = name .. "=" .. tcp[name] end
  assert(tcp:sport():get() == tcp.sport and tcp:dport():get() == tcp.dport and tcp:seq():get() == tcp.seq)
  assert(tcp:ack():get() == tcp.ack and tcp:data_off():get() == tcp.data_off and tcp:flags():get() == tcp.flags)
  assert(tcp:reserved():get() == tcp.reserved and tcp:window_size():get() == tcp.window_size)
  assert(tcp:urgent():get() == tcp.urgent and tcp:options():get() == tcp.options)
  error(table.concat(values, " ") .. " " .. tostring(tcp.options) .. " " .. #tcp:data(), 0)
end

-- verdict 1: error sport=65535 dport=1 seq=4294967295 ack=2147483649 data_off=5 reserved=9 flags=194 window_size=65534 check=37405 urgent=32769  0
-- verdict 2: error sport=1234 dport=5678 seq=1000 ack=2000 data_off=7 reserved=0 flags=24 window_size=8192 check=25577 urgent=0 020405b401010402 3
