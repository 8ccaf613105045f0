-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Packets as tests build and read them.

-- 10.0.0.1:4660 > 10.0.0.2:53, "hi": written down by hand
local frame = packet.hex[[
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  45 00 00 1e 00 00 00 00 40 11 66 cd 0a 00 00 01 0a 00 00 02
  12 34 00 35 00 0a 71 05 68 69
]]
local udp = { src = "10.0.0.1", dst = "10.0.0.2", sport = 0x1234, dport = 53, payload = "hi" }

test("lengths, checksums and what the payload is follow by themselves", function()
  equal(packet.udp(udp), frame)
  equal(#frame, 44)
end)

test("hexadecimal digits are of both cases", function()
  equal(packet.hex("0123456789abcdefABCDEF").bytes, "\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef")
end)

test("values are read as scripts see them", function()
  equal(frame.eth.smac, "02:00:00:00:00:01")
  equal(frame.ip.saddr, "10.0.0.1")
  equal(frame.ip.options, "")
  equal(frame.udp.sport, 0x1234)
  equal(frame.payload, "hi")
  equal(frame.tcp, nil)
  equal(frame.layers[3].name, "udp")
  equal(frame.bytes:byte(1, 2), 2)
end)

test("a name is a field of the innermost header that has it", function()
  equal(packet.udp{ check = 7 }.udp.check, 7)
  equal(packet.udp{ ttl = 3 }.ip.ttl, 3)
  equal(packet.udp{ ip = { check = 7 } }.ip.check, 7)
end)

test("what is given stays, also if it is wrong", function()
  local p = packet.udp{ tot_len = 20, length = 9, ihl = 6, version = 5 }
  equal(p.ip.tot_len, 20)
  equal(p.ip.ihl, 6)
  equal(p.ip.version, 5)
end)

test("options make the header longer, in units of 4 bytes", function()
  local p = packet.tcp{ options = "\2\4\5\180\1", ip = { options = "\7" }, payload = "x" }
  equal(p.ip.ihl, 6)
  equal(p.tcp.data_off, 7)
  equal(p.tcp.options, "\2\4\5\180\1\0\0\0")
  equal(p.payload, "x")
  raises(function() packet.ip{ options = ("x"):rep(41) } end, "more options")
end)

test("a packet is the payload of another", function()
  local p = packet.ip{ protocol = 4, payload = packet.udp{ eth = false, payload = "inner" } }
  equal(p.ip.tot_len, 20 + 20 + 8 + 5)
  equal(#packet.udp{ eth = false }, 28)
end)

test("a fragment has no transport header", function()
  local p = packet.udp{ frag_off = 1, payload = "later" }
  equal(p.udp, nil)
  equal(#p.payload, 8 + 5)
end)

test("mistakes are told", function()
  raises(function() packet.udp{ sprot = 1 } end, "no header of this packet has a field 'sprot'")
  raises(function() packet.udp{ ip = { sport = 1 } } end, "packet_ip has no field 'sport'")
  raises(function() packet.udp{ sport = 65536 } end, "sport: the value does not fit into 16 bits")
  raises(function() packet.udp{ src = "10.0.0" } end, "'10.0.0' is not what the field can be")
  raises(function() packet.udp{ 1 } end, "fields have names")
  raises(function() packet.udp{ payload = ("x"):rep(65536) } end, "more bytes")
  raises(function() packet.hex("abc") end, "half a byte")
  raises(function() packet.hex("xy") end, "'x' is no hexadecimal digit")
  raises(function() packet.hex("\x10\x10") end, "is no hexadecimal digit")
  raises(function() packet.hex("00\0") end, "hex: '")
  raises(function() packet.pcap("none.pcap") end, "none.pcap: No such file")
  raises(function() return frame.nothing end, "a packet has no 'nothing'")
  raises(function() frame.len = 1 end, "build another")
  raises(function() raises(function() end) end, "no error was raised")
  raises(function() raises(error, "other") end, "the error is not about 'other'")
end)

test("bytes are strings, which the table keeps until the packet is built", function()
  raises(function() packet.udp{ payload = 5 } end, "payload: string expected, got number")
  raises(function() packet.ip{ options = 5 } end, "options: string expected, got number")
  raises(function() packet.udp{ ttl = true } end, "ttl: a boolean is not what the field can be")
  local asked
  local address = setmetatable({}, { __tostring = function() asked = true return "10.0.0.1" end })
  raises(function() packet.udp{ src = address } end, "saddr: a table is not what the field can be")
  equal(asked, nil)
end)

test("tables are compared by what is in them", function()
  equal({ 1, { a = "x" } }, { 1, { a = "x" } })
  raises(function() equal({ 1, { a = "x" } }, { 1, { a = "y" } }) end, '[2].a: got "x", expected "y"')
  raises(function() equal({ 1 }, { 1, 2 }) end, "[2]: got nil, expected 2")
  raises(function() equal({ 1, 2 }, { 1 }) end, "[2]: got 2, expected nil")
  local round = {}
  round[1] = round
  equal(round, round)
end)

test("captures are arrays of packets", function()
  local packets = packet.pcap("two.pcap")
  equal(#packets, 2)
  equal(packets[1], frame)
  equal(packets[2].icmp.type, 8)
end)

test("a packet is built over the headers that are named", function()
  local p = packet.udp{ ip6 = { hop_limit = 3 }, dst = "2001:db8::53", dport = 53, payload = "x" }
  equal(p.eth.type, 0x86DD)
  equal({ p.ip6.daddr, p.ip6.hop_limit, p.ip6.payload_len, p.ip6.nexthdr }, { "2001:db8::53", 3, 9, 17 })
  equal(p.udp.dport, 53)
  local q = packet.tcp{ vlan = { vid = 7 }, ip6 = {}, eth = { type = 0x88A8 } }
  equal({ q.eth.type, q.vlan.vid, q.vlan.type, q.ip6.nexthdr }, { 0x88A8, 7, 0x86DD, 6 })
  equal(packet.udp{ vlan = {} }.vlan.type, 0x0800)
  equal(packet.udp{ ip = {}, ip6 = {} }.ip.protocol, 17)
  equal(packet.icmp6{}.ip6.nexthdr, 58)
  equal(packet.ip6{ eth = false, payload = "ab" }.ip6.payload_len, 2)
  raises(function() packet.udp{ ip6 = { saddr = 5 } } end, "saddr: a number is not what the field can be")
  raises(function() packet.udp{ ip6 = { saddr = "192.0.2.1" } } end, "is not what the field can be")
end)

test("addresses of ARP stand behind its lengths", function()
  local p = packet.arp{ spa = "10.0.0.1", tpa = "10.0.0.2", oper = 2 }
  equal({ #p, p.eth.type, p.arp.hlen, p.arp.plen, p.arp.spa, p.arp.tpa }, { 42, 0x0806, 6, 4, "10.0.0.1", "10.0.0.2" })
  local q = packet.arp{ vlan = {}, hlen = 8 }
  equal({ #q, q.arp.sha, q.arp.spa }, { 14 + 4 + 8 + 24, nil, "192.0.2.1" })
  raises(function() packet.arp{ hlen = 8, sha = "02:00:00:00:00:01" } end, "does not have")
  equal(packet.gre{ has_check = 1, check = 0x1234, eth = false }.gre.check, 0x1234)
  raises(function() packet.gre{ check = 1 } end, "does not have")
end)

test("what is behind a well-known port is put there", function()
  local p = packet.vxlan{ vni = 5, payload = "abc" }
  equal(p.udp.dport, 4789)
  equal(p.vxlan.vni, 5)
  equal(packet.vxlan{ udp = { dport = 1 } }.udp.dport, 1)
  equal(packet.dhcp{ op = 1 }.udp.dport, 67)
  equal(packet.mpls{ label = 7 }.mpls.bos, 1)
  local ip = packet.udp{ mpls = { label = 9 } }
  equal(ip.mpls.label, 9)
  equal(packet.sctp{ payload = "abc" }.sctp.check, 0xb8e6a308)
end)

test("a query of DNS has the name that is given, and answers if they are", function()
  local q = packet.dns{ qname = "www.example.com", id = 7 }
  equal(q.udp.dport, 53)
  equal(q.bytes:sub(43), "\0\7\1\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1")
  equal({ q.dns.qname, q.dns.qtype, q.dns.rd, q.dns.qr }, { "www.example.com", 1, 1, 0 })
  local root = packet.dns{ qtype = 28 }
  equal({ root.dns.qname, root.dns.qtype }, { ".", 28 })
  local a = packet.dns{ qname = "a.org.", answers = { "192.0.2.7", "2001:db8::9", "b.org" }, sport = 53, dport = 1024 }
  equal({ a.udp.sport, a.dns.qr, a.dns.ancount, a.dns.qname }, { 53, 1, 3, "a.org" })
  equal(a.bytes:sub(43), "\0\0\x81\x80\0\1\0\3\0\0\0\0\1a\3org\0\0\1\0\1" ..
    "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\192\0\2\7" ..
    "\xc0\x0c\0\28\0\1\0\0\1\x2c\0\16\x20\x01\x0d\xb8" .. ("\0"):rep(11) .. "\9" ..
    "\xc0\x0c\0\5\0\1\0\0\1\x2c\0\7\1b\3org\0")
  equal(packet.dns{ id = 1, payload = "x" }.bytes:sub(43), "\0\1" .. ("\0"):rep(10) .. "x")
  equal(packet.dns{ qname = "a", ip6 = {}, dns = { qname = "b", rcode = 3 } }.dns.rcode, 3)
  raises(function() packet.dns{ qname = "a..b" } end, "qname takes a name such as www.example.com")
  raises(function() packet.dns{ answers = { "a..b" } } end, "answers takes a name")
  raises(function() packet.dns{ qname = "a", qdcount = 0 } end, "does not have")
  raises(function() packet.dns{ qname = 5 } end, "qname: string expected, got number")
  raises(function() packet.dns{ answers = "192.0.2.7" } end, "answers: table expected, got string")
end)

test("a message of TFTP is what its texts are of", function()
  local t = packet.tftp{ filename = "boot/a", option = { tsize = "0", blksize = "1428" } }
  equal({ t.udp.dport, t.bytes:sub(43) }, { 69, "\0\1boot/a\0octet\0blksize\0" .. "1428\0tsize\0" .. "0\0" })
  equal(packet.tftp{ opcode = 2, mode = "mail" }.bytes:sub(43), "\0\2file\0mail\0")
  equal(packet.tftp{ errmsg = "no", errcode = 1 }.bytes:sub(43), "\0\5\0\1no\0")
  equal(packet.tftp{ option = { blksize = "8" } }.bytes:sub(43), "\0\6blksize\0" .. "8\0")
  equal(packet.tftp{ opcode = 3, block_nr = 5, payload = "abc" }.bytes:sub(43), "\0\3\0\5abc")
  raises(function() packet.tftp{ opcode = 4, filename = "a" } end, "does not have")
  raises(function() packet.tftp{ filename = "a", errmsg = "b" } end, "does not have")
  raises(function() packet.tftp{ filename = "a\0b" } end, "filename takes text without ends of lines and zeros")
end)

test("a request of HTTP has its header lines, and so has an answer", function()
  local h = packet.http{ method = "POST", uri = "/a?b", header = { Host = "example.com", ["Content-Length"] = "2" }, payload = "hi" }
  equal({ h.tcp.dport, h.payload }, { 80, "hi" })
  equal(h.bytes:sub(55), "POST /a?b HTTP/1.1\r\nContent-Length: 2\r\nHost: example.com\r\n\r\nhi")
  equal({ h.http.method, h.http.uri, h.http.version }, { "POST", "/a?b", "HTTP/1.1" })
  equal(packet.http{}.bytes:sub(55), "GET / HTTP/1.1\r\n\r\n")
  local a = packet.http{ status = 404, reason = "Not Found", version = "HTTP/1.0", sport = 80, dport = 1024 }
  equal({ a.bytes:sub(55), a.http.status }, { "HTTP/1.0 404 Not Found\r\n\r\n", 404 })
  raises(function() packet.http{ uri = "a b" } end, "uri takes a word without blanks, not 'a b'")
  raises(function() packet.http{ status = "x" } end, "status takes a number")
  raises(function() packet.http{ status = 200, uri = "/" } end, "does not have")
  raises(function() packet.http{ header = { ["a:b"] = "c" } } end, "header: a name is a word without blanks and colons")
  raises(function() packet.http{ header = { a = "b\r\nc: d" } } end, "header takes text without ends of lines")
  raises(function() packet.http{ header = { "a" } } end, "header: a name is a word")
end)

test("DHCP has options behind its cookie", function()
  local d = packet.dhcp{ xid = 9, option = { [12] = "host", [53] = "\1" } }
  equal({ d.udp.dport, d.dhcp.cookie, d.dhcp.op, d.dhcp.xid, d.dhcp.chaddr }, { 67, 0x63825363, 1, 9, "02:00:00:00:00:01" })
  equal(d.bytes:sub(43 + 240), "\12\4host\53\1\1\255")
  raises(function() packet.dhcp{ option = { host = "a" } } end, "option: a code is a number from 1 to 254")
  raises(function() packet.dhcp{ option = { [255] = "a" } } end, "option: a code is a number from 1 to 254")
  raises(function() packet.dhcp{ option = { [1] = ("a"):rep(256) } } end, "option 1: more than 255 bytes")
end)

test("a client's hello of TLS has the server's name, and the protocols", function()
  local t = packet.tls{ sni = "example.com", alpn = "h2,http/1.1" }
  equal({ t.tcp.dport, t.tls.type, t.tls.version, t.tls.length, t.tls.sni, t.tls.alpn },
    { 443, 22, 0x0301, #t.bytes - 54 - 5, "example.com", "h2,http/1.1" })
  equal(packet.tls{ sni = "a" }.tls.alpn, nil)
  equal(packet.tls{ type = 23, version = 0x0303, length = 1, payload = "x" }.bytes:sub(55), "\23\3\3\0\1x")
end)
