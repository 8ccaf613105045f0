-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each is right: a test, in whatever form, or what says as much.
local function need(v) if not v then error("missing") end return v end
local function is_udp(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and ip:data(packet_udp) ~= nil
end
local kept

function by_and(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if not udp then return XT_CONTINUE end
  ip.ttl = 5
  udp.sport = 5
  return NF_DROP
end

function by_what_follows(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  local web = tcp and tcp.dport == 80
  if web then tcp.window_size = 5 ip.ttl = 1 end
  if tcp ~= nil then tcp.seq = 1 ip.ttl = 2 end
  if ip == nil or nil == ip then return NF_DROP end
  local l4 = ip:data(packet_udp) or ip:data(packet_tcp)
  if l4 and l4.dport == 5 then l4.dport = 6 end
  return XT_CONTINUE
end

function by_a_function(p)
  if is_udp(p) then
    p:data(packet_eth):data(packet_ip):data(packet_udp).sport = 5
  end
  return XT_CONTINUE
end

function by_assert(p)
  local ip = need(p:data(packet_eth):data(packet_ip))
  local udp = ip:data(packet_udp)
  need(udp)
  udp.sport = 5
  local tcp = assert(ip:data(packet_tcp))
  tcp.seq = 5
  local icmp = ip:data(packet_icmp)
  assert(icmp)
  icmp.id = 1
  return XT_CONTINUE
end

function before_or_by_pcall(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  if ip:data(packet_udp) then ip:data(packet_udp).sport = 5 end
  local ok, err = pcall(function() p:data(packet_eth):data(packet_ip):data(packet_tcp).seq = 5 end)
  return XT_CONTINUE
end

function by_length_and_fragment(p)
  if #p < 42 then return NF_DROP end
  local ip = p:data(packet_eth):data(packet_ip)
  if ip.protocol == 17 and ip.frag_off == 0 then
    ip:data(packet_udp).sport = 5
  end
  return XT_CONTINUE
end

function by_a_loop(p)
  local view = p:data(packet_eth):data(packet_ip)
  while view do
    view.ttl = 3
    local icmp = view:data(packet_icmp)
    view = icmp and icmp:data():data(packet_ip)
  end
  return XT_CONTINUE
end

function by_goto_and_booleans(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then goto out end
  do
    local missing = not ip:data(packet_tcp)
    local udp = ip:data(packet_udp)
    local has = udp ~= nil
    if has then udp.sport = 5 end
    if type(udp) == "userdata" then udp.sport = 6 end
  end
  ::out::
  return XT_CONTINUE
end

function by_a_closure(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local function good() return ip ~= nil end
  if good() then ip.ttl = 5 end
  kept = p:data(packet_eth):data(packet_ip)
  local eth = p:data(packet_eth)
  eth.type = eth.type
  if ip and ip.ttl > 5 then return NF_DROP end
  return NF_ACCEPT
end

function by_the_inner_one(p)
  local eth, ip, udp = p:data(packet_eth)
  ip = eth:data(packet_ip)
  if ip then udp = ip:data(packet_udp) end
  if udp then
    udp.sport = ip.id
    for i = 0, #udp:data() - 1 do udp:data():get()[i] = 0 end
  end
  local by = { [packet_udp] = udp, [packet_ip] = ip }
  for _, v in pairs(by) do v:get_size() end
  return XT_CONTINUE
end

function by_the_same_chain(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if p:data(packet_eth):data(packet_ip) then ip.ttl = 5 end
  return XT_CONTINUE
end

function by_a_function_that_comes_later(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  if is_udp(p) then udp.sport = 5 end
  return XT_CONTINUE
end

function by_a_loop_that_begins(p)
  local ip = p:data(packet_eth):data(packet_ip)
  for i = 1, 3 do
    if not ip then return NF_DROP end
  end
  ip.ttl = 5
  return XT_CONTINUE
end

function by_a_comparison(p, other)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip == other then ip.ttl = 5 end
  return XT_CONTINUE
end
