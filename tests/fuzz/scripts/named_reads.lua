-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- fuzz: reads
-- Every header by its name, with every field that it has; fuzz: never drops, which would say that it is another one than step by step.
function outer(p)
  local eth, vlan, mpls, pppoe, arp = p.eth, p.vlan, p.mpls, p.pppoe, p.arp
  if eth then print(eth.dmac, eth.smac, eth.type, eth:dmac():int()) end
  if vlan then print(vlan.pcp, vlan.dei, vlan.vid, vlan.type, vlan:vid():get()) end
  if mpls then print(mpls.label, mpls.tc, mpls.bos, mpls.ttl, mpls:label():int()) end
  if pppoe then print(pppoe.version, pppoe.type, pppoe.code, pppoe.session, pppoe.length, pppoe.protocol) end
  if arp then
    print(arp.htype, arp.ptype, arp.hlen, arp.plen, arp.oper, arp.sha, arp.spa, arp.tha, arp.tpa)
    print(arp:sha():get(), arp:spa():int(), arp:tha():int(), arp:tpa():get(), arp:spa(), #arp:tha(), arp:field("tpa"))
  end
  return XT_CONTINUE
end

function network(p)
  local ip, ip6, ah, gre = p.ip, p.ip6, p.ah, p.gre
  if ip then
    print(ip.version, ip.ihl, ip.tos, ip.tot_len, ip.id, ip.flags, ip.frag_off, ip.ttl, ip.protocol, ip.check, ip.saddr, ip.daddr)
    local o = ip:options()
    print(ip.options, o and o:get(), o and #o)
  end
  if ip6 then
    print(ip6.version, ip6.tclass, ip6.flow, ip6.payload_len, ip6.nexthdr, ip6.hop_limit, ip6.saddr, ip6.daddr)
    print(ip6:saddr():get() == ip6.saddr, ip6:flow():int(), ip6:daddr(), ip6 == p.ip6)
  end
  if ah then print(ah.next_header, ah.len, ah.reserved, ah.spi, ah.seq, ah.icv, ah:icv(), ah:data(packet_udp), ah:data(packet_tcp)) end
  if gre then
    print(gre.has_check, gre.has_route, gre.has_key, gre.has_sequence, gre.has_ack, gre.version, gre.protocol)
    print(gre.check, gre.key, gre.sequence, gre.ack, gre.options, gre:key():get(), gre:ack():int(), gre:options())
    print(gre:data(packet_ip), gre:data(packet_ip6), gre:data(packet_eth), gre:data(packet_mpls))
  end
  return XT_CONTINUE
end

function transport(p)
  local tcp, udp, lite, dccp, sctp, icmp, icmp6 = p.tcp, p.udp, p.udplite, p.dccp, p.sctp, p.icmp, p.icmp6
  if tcp then
    print(tcp.sport, tcp.dport, tcp.seq, tcp.ack, tcp.data_off, tcp.reserved, tcp.flags, tcp.window_size, tcp.check, tcp.urgent)
    print(tcp.mss, tcp:mss():get(), tcp:mss():int(), tcp:mss(), tcp.options, p.tcp:data())
    local o = tcp:options()
    if o then
      print(o.MSS, o.WS, o.SACK, o.TSVAL, o.TSER, o:MSS():get(), o:WS():int(), o:TSVAL(), o:field("TSER"), #o)
      for b in o:blocks() do print(b.left, b.right) end
      for b in o:blocks() do for c in o:blocks() do print(b.left < c.right) end end
    end
  end
  if udp then print(udp.sport, udp.dport, udp.length, udp.check, udp:data(), #udp) end
  if lite then print(lite.sport, lite.dport, lite.length, lite.check, lite:check():int()) end
  if dccp then print(dccp.sport, dccp.dport, dccp.data_off, dccp.ccval, dccp.cscov, dccp.check, dccp.type, dccp.x, dccp.options) end
  if sctp then print(sctp.sport, sctp.dport, sctp.vtag, sctp.check, sctp:vtag():int(), sctp:data()) end
  if icmp then print(icmp.type, icmp.code, icmp.checksum, icmp.id, icmp.sequence, icmp:data(packet_ip)) end
  if icmp6 then print(icmp6.type, icmp6.code, icmp6.checksum, icmp6.id, icmp6.sequence, icmp6:data(packet_ip6)) end
  return XT_CONTINUE
end

local function records(dns)
  for q in dns:questions() do print(q.name, q.type, q.class) end
  for a in dns:answers() do
    print(a.name, a.type, a.class, a.ttl, a.data, a.offset)
    if a.offset then print(dns:raw(a.offset, #a.data)) end
  end
  for a in dns:answers() do for q in dns:questions() do print(a.name == q.name) end end
end

function messages(p)
  local dns, tftp, http, tls, dhcp, vxlan = p.dns, p.tftp, p.http, p.tls, p.dhcp, p.vxlan
  if dns then
    print(dns.id, dns.flags, dns.qr, dns.opcode, dns.aa, dns.tc, dns.rd, dns.ra, dns.rcode)
    print(dns.qdcount, dns.ancount, dns.nscount, dns.arcount, dns.qname, dns.qtype, dns.qclass)
    print(dns:qname(), dns:qname():get(), dns:qtype():int(), #dns:qname(), dns:data(), dns.qname == "www.example.com")
    records(dns)
  end
  if tftp then
    print(tftp.opcode, tftp.filename, tftp.mode, tftp.block_nr, tftp.errcode, tftp.errmsg, tftp:filename(), tftp:data())
    for _, name in ipairs { "blksize", "BLKSIZE", "tsize", "", "boot/file" } do
      local o = tftp:option(name)
      print(o, o and o:get(), o and #o)
    end
  end
  if http then
    print(http.method, http.uri, http.version, http.status, http.reason, http:uri(), http:status():int(), http:status():get())
    local host, body = http:header("host"), http:body()
    print(host, host and host:get(), http:header("CONTENT-length"), http:header("x-empty"), http:header(""), body and body:get())
  end
  if tls then print(tls.type, tls.version, tls.length, tls.sni, tls.alpn, tls:sni():get(), tls:alpn():get(), tls:sni(), tls:data()) end
  if dhcp then
    print(dhcp.op, dhcp.htype, dhcp.hlen, dhcp.hops, dhcp.xid, dhcp.secs, dhcp.flags, dhcp.cookie)
    print(dhcp.ciaddr, dhcp.yiaddr, dhcp.siaddr, dhcp.giaddr, dhcp.chaddr, dhcp:chaddr():int(), dhcp:options())
    for code = 0, 255, 3 do
      local o = dhcp:option(code)
      if o then print(code, o, o:get(), #o) end
    end
    print(dhcp:option(12), dhcp:option(53), dhcp:option(255))
  end
  if vxlan then print(vxlan.flags, vxlan.vni, vxlan:data(packet_eth), vxlan:data(packet_ip)) end
  return XT_CONTINUE
end

-- what a handler's first lines are like
function decisions(p)
  if p.tcp and p.tcp.dport == 443 and p.tls and p.tls.sni == "www.example.com" then return NF_STOLEN end
  if p.http and p.http:header("host") and p.http:header("host"):get() == "example.com" then return NF_ACCEPT end
  if p.dns and p.dns.qr == 0 and p.dns.qname == "a.www" then return NF_STOLEN end
  if p.tcp and (p.tcp.mss or 0) > 1400 then return NF_QUEUE | p.tcp.mss << 16 end
  if p.tftp and p.tftp.filename then return NF_QUEUE end
  local ip = p.ip or p.ip6
  if p.udp and p.udp.dport == 53 and ip then return ip == p.ip and NF_ACCEPT or XT_RETURN end
  return XT_CONTINUE
end

-- the same header, found by its name and step by step
function ways(p)
  local eth = p:data(packet_eth)
  local ip, ip6 = eth:data(packet_ip), eth:data(packet_ip6)
  if ip and p.ip:get_offset() ~= ip:get_offset() then return NF_DROP end
  local net = ip or ip6
  local udp, tcp = net and net:data(packet_udp), net and net:data(packet_tcp)
  if udp and p.udp:get_offset() ~= udp:get_offset() then return NF_DROP end
  if tcp and p.tcp:get_offset() ~= tcp:get_offset() then return NF_DROP end
  for _, name in ipairs { "eth", "vlan", "arp", "ip", "ip6", "icmp", "icmp6", "tcp", "udp", "udplite", "dccp", "sctp", "gre", "ah",
    "mpls", "pppoe", "vxlan", "dns", "tftp", "http", "tls", "dhcp", "tcp_opt", "ipx", "http2" } do
    print(name, pcall(function() return p[name] end))
  end
  return XT_CONTINUE
end
