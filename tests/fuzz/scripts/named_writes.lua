-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Every field that can be written, of headers by their names, and fields that are kept while others are written; fuzz: never drops,
-- which would say that one is not what was put there.
local n = 0

function outer(p)
  n = n + 77 & 0xFFFF
  if p.eth then p.eth.dmac, p.eth.smac = p.eth.smac, "02:00:00:00:00:0a" end
  if p.vlan then p.vlan.pcp, p.vlan.dei, p.vlan.vid = n & 7, n & 1, n & 4095 end
  if p.mpls then p.mpls.label, p.mpls.tc, p.mpls.ttl = n, n & 7, 5 end
  if p.pppoe then p.pppoe.session, p.pppoe.version = n, 1 end
  local arp = p.arp
  if arp then
    arp.oper, arp.htype = 2, n
    if arp.sha then arp.sha = "02:00:00:00:00:0b" end
    if arp.spa then arp.spa, arp.tpa = arp.tpa, arp.spa end
    if arp.tha then arp:tha():set(arp.sha) end
    arp.hlen = n & 7
    arp.spa = "10.0.0.9"
  end
  if p.vlan then p.vlan.type = n end
  if p.mpls then p.mpls.bos = n >> 3 & 1 end
  if p.eth then p.eth.type = p.vlan and 0x8100 or n end
  return NF_ACCEPT
end

function network(p)
  n = n + 77 & 0xFFFF
  if p.ip then p.ip.ttl, p.ip.daddr = n & 255, "192.0.2.7" end
  local ip6 = p.ip6
  if ip6 then
    ip6.saddr, ip6.daddr = ip6.daddr, "2001:db8::" .. (n & 15)
    ip6.flow, ip6.tclass, ip6.hop_limit = n, n & 255, 9
    ip6:daddr():set("::ffff:192.0.2." .. (n & 255))
    ip6:saddr():set(ip6:daddr():get())
  end
  if p.ah then p.ah.spi, p.ah.seq, p.ah.reserved = n, n, 0 end
  local gre = p.gre
  if gre then
    gre.version = 0
    if gre.key then gre.key = n end
    if gre.sequence then gre.sequence = n << 8 end
    if gre.check then gre:check():set() end
    gre.has_key = n & 1
    gre.has_check = n >> 1 & 1
    print(gre.check, gre.key)
    gre.protocol = n
  end
  if p.ah then p.ah.len = n & 7 end
  if ip6 then ip6.nexthdr = n & 63 end
  if ip6 then ip6.payload_len = n & 127 end
  return NF_ACCEPT
end

function transport(p)
  n = n + 77 & 0xFFFF
  local tcp, o = p.tcp, p.tcp and p.tcp:options()
  if tcp then
    tcp.seq, tcp.window_size = n, n
    if o and o.WS then o.WS = n & 15 end
    if o and o.TSVAL then o.TSVAL, o.TSER = n, o.TSVAL end
    if o and o.SACK then o:SACK():set(o.SACK) end
    if o and o.MSS then o.MSS = n end
  end
  if p.udp then p.udp.sport, p.udp.dport = p.udp.dport, n end
  if p.udplite then p.udplite.sport, p.udplite.length = n, 8 + (n & 7) end
  if p.dccp then p.dccp.ccval, p.dccp.cscov, p.dccp.type, p.dccp.x = 1, n & 3, 4, 1 end
  if p.sctp then p.sctp.vtag, p.sctp.sport = n, 9 end
  if p.sctp then p.sctp:check():set() end
  if p.icmp then p.icmp.id, p.icmp.sequence = n, 1 end
  if p.icmp6 then p.icmp6.id, p.icmp6.code = n, 2 end
  if tcp then tcp.mss = 1400 end
  return NF_ACCEPT
end

function mss(p)
  local tcp = p.tcp
  if tcp and tcp.mss and tcp.mss > 536 then tcp.mss = 536 end
  local kept = tcp and tcp:mss()
  if kept and kept:get() then
    kept:set(kept:get() + 1)
    tcp.sport = kept:int() & 1023
  end
  if tcp then
    tcp:mss():set(9000)
    if tcp.mss ~= 9000 then return NF_DROP end
    tcp.data_off = 5
    tcp.mss = 9001
  end
  return NF_ACCEPT
end

function dns(p)
  n = n + 1
  local dns = p.dns
  if not dns then return XT_CONTINUE end
  dns.id, dns.rd, dns.rcode, dns.opcode, dns.aa, dns.tc, dns.ra = n, 1, n & 15, 2, n & 1, 0, 1
  local name = dns:qname()
  if dns.qtype then dns.qtype, dns.qclass = 28, n end
  if dns.qname then
    dns.qname = "www.example.org"
    if dns.qname ~= "www.example.org" then return NF_DROP end
  end
  if name:get() then name:set("a." .. name:get()) end
  print(name:get(), #name, dns.qname, dns:data())
  if dns.qname then name:set(n & 1 == 1 and "." or ("x"):rep(63) .. ".com.") end
  dns.qr, dns.flags = 1, n
  dns.ancount = n & 3
  return NF_ACCEPT
end

-- the message gets another length while its list is gone through
function records(p)
  local dns, turns = p.dns, 0
  if not dns then return XT_CONTINUE end
  for a in dns:answers() do
    turns = turns + 1
    if a.offset then dns:write(("\1"):rep(#a.data), a.offset) end
    if dns.qname and turns < 40 then dns.qname = turns & 1 == 1 and "longer.name.example" or "s" end
    print(a.name, a.ttl, a.data)
    for q in dns:questions() do print(q.name) end
  end
  return NF_ACCEPT
end

function tftp(p)
  local tftp = p.tftp
  if not tftp then return XT_CONTINUE end
  local o, mode, file = tftp:option("blksize"), tftp:mode(), tftp:filename()
  if tftp.filename then tftp.filename = "another/file" end
  if o then o:set("512") end
  if tftp.filename and tftp.filename ~= "another/file" then return NF_DROP end
  if o and o:get() ~= "512" then return NF_DROP end
  if mode:get() then mode:set("mail") end
  if file:get() then file:set("f") end
  if tftp.block_nr then tftp.block_nr = 7 end
  if tftp.errcode then tftp.errcode = tftp.errcode + 1 & 7 end
  if tftp.errmsg then tftp.errmsg = "no" end
  print(tftp, o and o:get(), mode:get(), #p)
  tftp.opcode = 5
  print(tftp.errmsg, tftp.filename)
  tftp.errmsg = "gone"
  return NF_ACCEPT
end

function http(p)
  local http = p.http
  if not http then return XT_CONTINUE end
  local host, uri, status = http:header("host"), http:uri(), http:status()
  if uri:get() then uri:set("/a/longer/path") end
  if host then host:set("www.example.org") end
  if http.uri and http.uri ~= "/a/longer/path" or host and host:get() ~= "www.example.org" then return NF_DROP end
  if uri:get() then http.uri = "/" end
  if host and host:get() ~= "www.example.org" then return NF_DROP end
  if host then print(host:get(), #host, host) end
  if status:get() then http.status = 404 end
  if http.reason then http.reason = "Not here" end
  if http.method then http.method = "PUT" end
  local length = http:header("content-length")
  if length then length:set(length:get() .. "0") end
  local body = http:body()
  if body then body:set("another body") end
  print(http.status, http.method, length and length:get())
  http.version = "HTTP/1.0"
  return NF_ACCEPT
end

function dhcp(p)
  local dhcp = p.dhcp
  if not dhcp then return XT_CONTINUE end
  dhcp.op, dhcp.xid, dhcp.yiaddr, dhcp.chaddr = 2, 7, "10.0.0.99", "02:00:00:00:00:0c"
  dhcp.secs, dhcp.flags, dhcp.hops, dhcp.htype, dhcp.hlen = 1, 0x8000, 1, 1, 6
  dhcp.ciaddr, dhcp.siaddr, dhcp.giaddr = dhcp.yiaddr, "0.0.0.0", 0x0A000001
  local kind, name = dhcp:option(53), dhcp:option(12)
  if kind then kind:set(5) end
  if name then name:write("xy") end
  if name then name:get()[0] = 65 end
  print(kind and kind:get(), name and name:get())
  dhcp:options():set("\53\1\2\255")
  local again = dhcp:option(53)
  if #dhcp:options() ~= 4 or not again or again:get()[0] ~= 2 then return NF_DROP end
  if kind then print(kind:get()) end
  return NF_ACCEPT
end

function tls(p)
  local tls = p.tls
  if not tls then return XT_CONTINUE end
  local sni, type = tls:sni(), tls:type()
  tls.version = 0x0303
  type:set(22)
  print(tls.sni, sni:get(), tls.alpn, pcall(sni.set, sni, "x"), pcall(function() tls.alpn = "h2" end))
  tls.length = 100
  print(tls.sni, sni)
  tls:data():set("short")
  print(sni:get(), tls.sni)
  return NF_ACCEPT
end

-- a header inside of what is replaced, and behind it
function inner(p)
  local vxlan, udp = p.vxlan, p.udp
  if vxlan then
    vxlan.flags, vxlan.vni = 8, 77
    local eth = vxlan:data(packet_eth)
    local ip = eth and eth:data(packet_ip)
    local deep = ip and ip:data(packet_udp)
    if deep and deep:data() then deep:data():set("deep") end
    print(eth, ip, deep, #p, udp.length)
  end
  if udp and udp:data() then
    local dns = udp:data(packet_dns)
    udp:data():set("\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1")
    print(pcall(function() return dns and dns.qname end))
    dns = udp:data(packet_dns)
    if dns.qname ~= "a" then return NF_DROP end
    dns.qname = "b.c"
    if dns.qname ~= "b.c" or #udp:data() ~= 21 then return NF_DROP end
  end
  return NF_ACCEPT
end
