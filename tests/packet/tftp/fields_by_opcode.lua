-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Which fields there are says the opcode; the payload is that of a block. Numbers are written in place.
-- in: eth / ip / udp / hex 0001 / text f / hex 00 / text octet / hex 00
-- in: eth / ip / udp / hex 0003 0007 / text block
-- in: eth / ip / udp / hex 0004 ffff
-- in: eth / ip / udp / hex 0005 0002 / text no / hex 00
-- in: eth / ip / udp / hex 0006 / text a / hex 00 / text b / hex 00
-- in: eth / ip / udp / hex 0001 / text unterminated
-- in: eth / ip / udp / hex 0001 / text f / hex 00 / text octet
-- in: eth / ip / udp / hex 0003 01
-- in: eth / ip / udp / hex 0003 0009
-- in: eth / ip / udp / hex 00
-- in: eth / ip / udp / hex 0009 0001
local function show(tftp)
  local all = {}
  for _, name in ipairs { "opcode", "filename", "mode", "block_nr", "errcode", "errmsg" } do
    all[#all + 1] = tostring(tftp[name])
  end
  local data = tftp:data()
  all[#all + 1] = data and #data or "none"
  return table.concat(all, " ")
end

function process_packet(p)
  local tftp = p:data(packet_eth):data(packet_ip):data(packet_udp):data():data(packet_tftp)
  if not tftp then error("none", 0) end
  local text = show(tftp)
  if tftp.block_nr then tftp.block_nr = 3 end
  if tftp.errcode then tftp.errcode = 0 end
  if text == "3 nil nil 7 nil nil 5" then return XT_CONTINUE end
  if text == "4 nil nil 65535 nil nil 0" then return NF_ACCEPT end
  if text == "5 nil nil nil 2 no 0" then return XT_RETURN end
  error(text, 0)
end

-- verdict 1: error 1 f octet nil nil nil 0
-- verdict 2: XT_CONTINUE
-- verdict 3: NF_ACCEPT
-- verdict 4: XT_RETURN
-- verdict 5: error 6 nil nil nil nil nil 0
-- verdict 6: error 1 nil nil nil nil nil 0
-- verdict 7: error 1 f nil nil nil nil 0
-- verdict 8, 10: error none
-- verdict 9: error 3 nil nil 9 nil nil 0
-- verdict 11: error 9 nil nil nil nil nil 0
-- out 2: eth / ip / udp / hex 0003 0003 / text block
-- out 3: eth / ip / udp / hex 0004 0003
-- out 4: eth / ip / udp / hex 0005 0000 / text no / hex 00
