-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers that are given a header, and matches; the libraries nf and set.
local s = set.new { "10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32" }
local n = set.names { "example.com", "org", "a" }

-- whatever header it is
function header(p)
  if not p then return XT_CONTINUE end
  print(p, #p, p:get_offset(), p.type, p.smac, p.oper, p.spa, p.ttl, p.saddr, p.hop_limit, p.daddr)
  for _, id in ipairs { packet_eth, packet_ip, packet_ip6, packet_arp, packet_udp, packet_tcp, packet_raw, packet_dns } do print(p:data(id)) end
  print(pcall(function() return p:data():data(packet_ip) end), p:data(), p:to_bytes())
  pcall(function() p.ttl = 7 end)
  pcall(function() p.hop_limit = 7 end)
  pcall(function() p.smac = "02:00:00:00:00:03" end)
  pcall(function() p.oper = 2 end)
  local t = p:data(packet_udp) or p:data(packet_tcp)
  if t then t.sport = t.dport end
  return NF_ACCEPT
end

function match_addresses(p)
  local ip = p.saddr and p or p:data(packet_eth):data(packet_ip)
  return ip and (s:has(ip:saddr()) or s:has(ip.daddr))
end

function match_names(p)
  local name = p.dns and p.dns.qname or p.tls and p.tls.sni
  if name and n:has(name) then return true end
  local host = p.http and p.http:header("host")
  return host and (n:has(host) or n:has(host:get())) or p.dns and p.dns.qname and n:has(p.dns:qname()) or false
end

function match_writes(p)
  local all = {
    function() p:set(1) end, function() p:write("x") end, function() p:get()[0] = p:get()[0] end, function() p[0] = 1 end,
    function() p.ip.ttl = p.ip.ttl end, function() p.udp:data():set("abc") end, function() p.tcp.mss = 1 end,
    function() p.dns.qname = p.dns.qname end, function() p.ip:check():set() end, function() p.eth:dmac():set("02:00:00:00:00:01") end,
    function() p:get():u16(0, 1) end, function() p:get():slice(1):u32(0, 1) end, function() p.http:header("host"):set("x") end,
    function() bytes.to_packet(p:get(), packet_eth).type = 1 end, function() p:data(packet_eth).type = 5 end,
  }
  for i = 1, #all do
    local ok, message = pcall(all[i])
    print(i, ok, ok or message)
  end
  local own = p:to_bytes()
  if #own > 0 then own[0] = 1 end
  return #own % 2 == 1
end

local answers = { true, false, 1, 0, "true", {}, NF_ACCEPT }
function match_anything(p)
  return answers[#p % 8 + 1]
end

function match_raises(p)
  if #p % 3 == 0 then error({}) end
  if #p % 3 == 1 then return p.nothing.more end
  return p:data(packet_eth):data(packet_ip).ttl < 64
end

function libraries(p)
  print(nf.get_time(), nf.get_time("ns"), nf.get_time("ms"), nf.get_random(), pcall(nf.get_time, "s"), pcall(nf.get_time, {}))
  for level = -1, 8 do print(pcall(nf.log, level, "level", level, p)) end
  for _, level in ipairs { "emerg", "error", "warn", "debug", "loud", "" } do print(pcall(nf.log, level, level)) end
  nf.log("info", p, nil, true, "\1\2\n")
  print(pcall(set.new, { "10.0.0.0/33" }), pcall(set.new, { "a" }), pcall(set.new, {}), pcall(set.names, { "" }), pcall(set.names, { "a..b" }))
  print(pcall(set.new, { "10.0.0.9-10.0.0.1" }), pcall(set.new, { "10.0.0.1-::1" }), pcall(set.new), pcall(s.has, s), pcall(s.has, n, "x"))
  print(pcall(s.has, s, 5), pcall(s.has, s, p), pcall(n.has, n, 5), pcall(n.has, n, {}), pcall(function() return #s end))
  local ip, ip6 = p.ip, p.ip6
  if ip then print(s:has(ip:saddr()), s:has(ip.daddr), s:has(ip:saddr():int()), pcall(s.has, s, ip), pcall(s.has, s, ip:ttl())) end
  if ip6 then print(s:has(ip6:saddr()), s:has(ip6.daddr), s:has(ip6:daddr():get())) end
  if p.arp then print(pcall(s.has, s, p.arp:spa()), pcall(s.has, s, p.arp:sha())) end
  if p.dns then print(n:has(p.dns:qname()), p.dns.qname and n:has(p.dns.qname)) end
  if p.tls then print(pcall(n.has, n, p.tls:sni()), pcall(n.has, n, p.tls:alpn())) end
  return NF_ACCEPT
end
