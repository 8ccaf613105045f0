-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What would end a text, or is none, is refused; so is a text that the message has not got, and one in a fragment of other length.
-- in 5 times: eth / ip / udp / hex 0001 / text f / hex 00 / text octet / hex 00
-- in: eth / ip flags=1 / udp length=100 / hex 0001 / text f / hex 00 / text octet / hex 00
-- in: eth / ip flags=1 / udp length=100 / hex 0001 / text f / hex 00 / text octet / hex 00
local n = 0
function process_packet(p)
  local tftp = p:data(packet_eth):data(packet_ip):data(packet_udp):data():data(packet_tftp)
  n = n + 1
  if n == 1 then tftp.filename = "a\0b" end
  if n == 2 then tftp.filename = "a\nb" end
  if n == 3 then tftp.filename = {} end
  if n == 4 then tftp.errmsg = "x" end
  if n == 5 then tftp.filename = string.rep("x", 70000) end
  if n == 6 then tftp.filename = "long" end
  if n == 7 then tftp.filename = "g" end
  return NF_ACCEPT
end

-- verdict 1: error texts_that_are_refused.lua:10: filename: this is not text without ends of lines and zeros
-- verdict 2: error texts_that_are_refused.lua:11: filename: this is not text without ends of lines and zeros
-- verdict 3: error texts_that_are_refused.lua:12: bad argument #3 to 'newindex' (string or byte array expected, got table)
-- verdict 4: error texts_that_are_refused.lua:13: errmsg: the header of this packet has no such field, or ends before it
-- verdict 5: error texts_that_are_refused.lua:14: 70000 bytes do not fit: a packet has at most 65535
-- verdict 6: error texts_that_are_refused.lua:15: filename keeps its length: the rest of it is in another fragment, or was not captured
-- verdict 7: NF_ACCEPT
-- out 7: eth / ip flags=1 / udp length=100 / hex 0001 / text g / hex 00 / text octet / hex 00
