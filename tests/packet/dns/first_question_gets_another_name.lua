-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The first question's name grows and shrinks. Names that point to it follow; others, which shared its end, keep theirs.
-- in: eth / ip / udp dport=53 / hex 12340100 00010000 00000001 03777777 07657861 6d706c65 03636f6d 00000100 01000029 04d00000 00000000
-- in: eth / ip6 / udp sport=53 / hex 12348583 00010002 00010000 03777777 07657861 6d706c65 03636f6d 00000100 01c00c00 05000100 00003c00 06036364 6ec010c0 2d000100 01000000 3c0004c0 000201c0 10000600 01000000 3c001d02 6e73c010 0168c02d 00000001 00000002 00000003 00000004 00000005
-- in: eth / ip / udp / hex 00000000 00010000 00000000 00000100 01
-- in 4 times: eth / ip / udp / hex 00000000 00010000 00000000 01610000 010001
-- in: eth / ip / udp / hex 00000000 00010001 00000000 01610000 010001c0 0c0001
local n = 0
function process_packet(p)
  local eth = p:data(packet_eth)
  local udp = (eth:data(packet_ip) or eth:data(packet_ip6)):data(packet_udp)
  local dns = udp:data():data(packet_dns)
  n = n + 1
  if n == 1 then
    dns.qname = "a.org"
    assert(dns.qname == "a.org" and dns.qtype == 1)
  elseif n == 2 then
    local name = dns:qname()
    name:set("a.org.")
    assert(name:get() == "a.org" and udp.length == #udp:data() + 8)
  elseif n == 3 then
    dns.qname = "x\\.y\\007\\\\"
    assert(dns.qname == "x\\.y\\007\\\\")
    dns.qtype = 28
  elseif n == 4 then dns.qname = string.rep("x", 64)
  elseif n == 5 then dns.qname = "a..b"
  elseif n == 6 then dns.qname = string.rep("abcdefg.", 32)
  elseif n == 7 then
    dns.qname = string.rep("abcdefg.", 31) .. "abcde"
    assert(#dns.qname == 253)
    dns.qname = "."
  else dns.qname = "b" end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- verdict 4: error first_question_gets_another_name.lua:25: qname: this is not a name such as www.example.com, of labels of at most 63 bytes
-- verdict 5: error first_question_gets_another_name.lua:26: qname: this is not a name such as www.example.com, of labels of at most 63 bytes
-- verdict 6: error first_question_gets_another_name.lua:27: qname: this is not a name such as www.example.com, of labels of at most 63 bytes
-- verdict 8: error first_question_gets_another_name.lua:32: qname keeps its length: the message behind it is malformed, or was cut
-- out 1: eth / ip / udp dport=53 / hex 12340100 00010000 00000001 0161036f 72670000 01000100 002904d0 00000000 0000
-- out 2: eth / ip6 / udp sport=53 / hex 12348583 00010002 00010000 0161036f 72670000 010001c0 0c000500 01000000 3c001103 63646e07 6578616d 706c6503 636f6d00 0363646e 07657861 6d706c65 03636f6d 00000100 01000000 3c0004c0 00020107 6578616d 706c6503 636f6d00 00060001 0000003c 0037026e 73076578 616d706c 6503636f 6d000168 0363646e 07657861 6d706c65 03636f6d 00000000 01000000 02000000 03000000 04000000 05
-- out 3: eth / ip / udp / hex 00000000 00010000 00000000 05782e79 075c0000 1c0001
-- out 7: eth / ip / udp / hex 00000000 00010000 00000000 00000100 01
