-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Reading outside of a byte array is nil, writing there is an error, and so is what is no byte.
-- in 7 times: eth / ip / udp / text abc
function process_packet(p)
  local a = p:data(packet_eth):data(packet_ip):data(packet_udp):data():get()
  assert(#a == 3 and a[-1] == nil and a[3] == nil and a[math.maxinteger] == nil and a[1 << 32] == nil and a.x == nil)
  n = (n or 0) + 1
  if n == 1 then a[3] = 1 end
  if n == 2 then a[-1] = 1 end
  if n == 3 then a[0] = 256 end
  if n == 4 then a[0] = -1 end
  if n == 5 then a[0] = "x" end
  if n == 6 then a.x = 1 end
  a[1 << 32] = 1
end
