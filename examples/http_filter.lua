-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Lets no request pass for some hosts, by the header Host:
--   iptables -t mangle -A FORWARD -p tcp --dport 80 -j LUA --script http_filter.lua
-- Try it:  curl -m 5 -H 'Host: forbidden.example' http://SERVER/  gets no answer.

local forbidden = { ["forbidden.example"] = true }

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  local http = tcp and tcp:data(packet_http)
  local host = http and http:header("Host")
  local name = host and host:get():lower():match("^[^:]*")
  if name and forbidden[name] then return NF_DROP end
  return XT_CONTINUE
end
