-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Errors may hold any bytes, as packets do: what is no printable character is shown as an escape.
-- in: eth / ip / udp / hex 41 09 1b 5b 33 31 6d 0d 22 5c 25 73 80 ff 00 42
-- in: eth / ip / udp / text line
function process_packet(p)
  local data = p:data(packet_eth):data(packet_ip):data(packet_udp):data()
  error(data:get():string() .. "\nnext", 0)
end

-- verdict 1: error A\x09\x1b[31m\x0d"\%s\x80\xff
-- verdict 2: error line\x0anext
