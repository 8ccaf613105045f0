-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local count, last, gone = {}, {}, {}
by_bytes = {}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  count[ip:saddr()] = (count[ip:saddr()] or 0) + 1
  last[ip] = true
  by_bytes[p:raw(0, 4):get()] = 1
  by_bytes[ip:options()] = 1
  return XT_CONTINUE
end
function right(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  count[ip:saddr():get()] = (count[ip.saddr] or 0) + 1
  by_bytes[p:get():string()] = ip.ttl
  local names = { [ip] = "ip", [p] = "packet" }
  names[p:data()] = "bytes"
  gone[ip] = 1
  gone = {}
  if names[ip] then return NF_DROP end
  return NF_ACCEPT
end
