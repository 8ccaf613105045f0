-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- set(byte) fills every byte of a raw view, a header or a field of bytes; other values are refused.
-- not with partial checksums: the device computes it of whatever bytes there are
-- wrong checksums: 1
-- in: eth / ip / udp / fill 40 0x41
-- in: eth / ip / udp / fill 40 0x41
-- in: eth / ip / udp / fill 40 0x41
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  n = (n or 0) + 1
  if n == 1 then
    p:raw(0, 14):set(255)
    p:raw(43, 1):set(0)
    p:raw(50, 0):set(9)
  elseif n == 2 then
    udp:set(3)
  else
    for _, value in ipairs{-1, 256, math.mininteger} do assert(not pcall(p.set, p, value)) end
    p:set(256)
  end
  return NF_ACCEPT
end

-- verdict 1-2: NF_ACCEPT
-- verdict 3: error views_are_filled.lua:19: bad argument #1 to 'set' (not a byte (0 to 255))
-- out 1: eth dmac=FF:FF:FF:FF:FF:FF smac=FF:FF:FF:FF:FF:FF type=0xffff / ip / udp check=0xb772 / hex 4100
--   / fill 38 0x41
-- out 2: eth / ip / udp sport=771 dport=771 length=771 check=0x0303 / fill 40 0x03
