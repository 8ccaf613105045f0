-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Flags, the first question, questions and answers with compressed names; records that are cut or malformed end a list.
-- in: eth / ip / udp dport=53 / hex 1234 0100 0001 0000 0000 0000 / hex 03 / text www / hex 07 / text example / hex 03 / text com / hex 00 0001 0001
-- in: eth / ip / udp sport=53 / hex 1234 8583 0001 0002 0000 0000 / hex 03 / text www / hex 07 / text example / hex 03 / text com / hex 00 0001 0001 / hex c00c 0005 0001 0000003c 0006 03 / text cdn / hex c010 / hex c02d 0001 0001 0000003c 0004 c0000201
-- in: eth / ip / udp / hex 0000 0000 0002 0003 0000 0000 / hex 00 0002 0001 01 / text b / hex 00 000c 0001 / hex 00 001c 0001 80000000 0010 20010db8000000000000000000000001 / hex c00c 0010 0001 00000000 0003 02 / text hi / hex c00c 0001 0001 00000000 0003 010203
-- in: eth / ip / udp / hex 0000 0000 0001 0000 0000 0000 / hex c00c 0001 0001
-- in: eth / ip / udp / hex 0000 0000 0001 0000 0000 0000 / hex 02 / text a. / hex 02 00 / text \ / hex 00 0001 0001
-- in: eth / ip / udp / hex 0000 0000 0001 0000 0000 0000 / hex 41 / text a / hex 00 0001 0001
-- in: eth / ip / udp / hex 0000 0000 0001 0000 0000 0000 / hex 03 / text ab
-- in: eth / ip / udp / hex 0000 0000 0000 0001 0000 0000 / hex 01 / text a / hex c00e 0001 0001 00000000 0000
-- in: eth / ip / udp / hex 0000 0000 0000 0000 0000
-- in: eth / ip / udp / hex 0000 0000 0000 0001 0000 0000 / hex 00 0001 0001 00000000 0005 01020304
local function escaped(s)
  return (s:gsub("[^ -~]", function(c) return string.format("<%d>", c:byte()) end))
end

function process_packet(p)
  local dns = p:data(packet_eth):data(packet_ip):data(packet_udp):data():data(packet_dns)
  if not dns then error("none", 0) end
  local all = { dns.qr, dns.opcode, dns.aa, dns.tc, dns.rd, dns.ra, dns.rcode, tostring(dns.qname), tostring(dns.qtype), tostring(dns.qclass), "?" }
  for q in dns:questions() do all[#all + 1] = tostring(q.name) .. " " .. q.type .. " " .. q.class end
  all[#all + 1] = "!"
  for a in dns:answers() do
    all[#all + 1] = tostring(a.name) .. " " .. a.type .. " " .. a.class .. " " .. a.ttl .. " " .. escaped(a.data)
  end
  error((table.concat(all, " "):gsub("\\", "/")), 0)	-- not all who show it leave backslashes as they are
end

-- verdict 1: error 0 0 0 0 1 0 0 www.example.com 1 1 ? www.example.com 1 1 !
-- verdict 2: error 1 0 1 0 1 1 3 www.example.com 1 1 ? www.example.com 1 1 ! www.example.com 5 1 60 cdn.example.com cdn.example.com 1 1 60 192.0.2.1
-- verdict 3: error 0 0 0 0 0 0 0 . 2 1 ? . 2 1 b 12 1 ! . 28 1 2147483648 2001:db8::1 . 16 1 0 <2>hi . 1 1 0 <1><2><3>
-- verdict 4: error 0 0 0 0 0 0 0 nil 1 1 ? nil 1 1 !
-- verdict 5: error 0 0 0 0 0 0 0 a/../000// 1 1 ? a/../000// 1 1 !
-- verdict 6-7: error 0 0 0 0 0 0 0 nil nil nil ? !
-- verdict 8: error 0 0 0 0 0 0 0 nil nil nil ? ! nil 1 1 0 
-- verdict 9: error none
-- verdict 10: error 0 0 0 0 0 0 0 nil nil nil ? !
