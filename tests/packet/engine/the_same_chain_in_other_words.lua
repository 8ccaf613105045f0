-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A handler's chain in one piece, in single steps and with computed names does the same.
-- in 3 times: eth / ip / udp / text abc
n = 0
local function method(object, name, ...) return object[name](object, ...) end
function process_packet(p)
  n = n + 1
  if n == 1 then
    p:data(packet_eth):data(packet_ip):daddr():set("192.0.2.1")
    p:data(packet_eth):data(packet_ip):data(packet_udp):dport():set(53)
    p:data(packet_eth):data(packet_ip).ttl = 9
  elseif n == 2 then
    local eth = p:data(packet_eth)
    local ip = eth:data(packet_ip)
    local daddr = ip:daddr()
    daddr:set("192.0.2.1")
    local udp = ip:data(packet_udp)
    local dport = udp:dport()
    dport:set(53)
    local ttl = ip:ttl()
    ttl:set(9)
  else
    local ip = pcall(p.data, p, packet_ip) and select(2, pcall(p.raw(p, 14, #p - 14).data, p:raw(14, #p - 14), packet_ip))
    local udp = ip:data(packet_udp)
    ip["daddr"] = "192.0." .. "2.1"
    udp["d" .. "port"] = 50 + n
    ip["ttl"] = n * n
  end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip ttl=9 daddr=192.0.2.1 / udp dport=53 / text abc
