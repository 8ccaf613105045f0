-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Spreads connections to one address over several servers. Which one a connection goes to follows from the client's address
-- and port, so nothing has to be remembered:
--   iptables -t mangle -A PREROUTING -d 192.0.2.80 -j LUA --script balance.lua --function to_server
--   iptables -t mangle -A POSTROUTING -s 10.0.0.0/24 -j LUA --script balance.lua --function to_client
-- The servers' way back to clients has to be this router. Try it: packetscript test balance_test.lua

local SERVICE <const> = "192.0.2.80"
local PORT <const> = 80
local servers = { "10.0.0.11", "10.0.0.12", "10.0.0.13" }

local is_server = {}
for _, address in ipairs(servers) do is_server[address] = true end

-- one of 1 … n, evenly, also if clients have addresses in a row (Knuth's multiplicative hash)
local function choose(address, port, n)
  local hash = (address << 16 | port) * 0x9E3779B97F4A7C15
  return (hash >> 33) % n + 1
end

function to_server(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  if tcp and tcp.dport == PORT and ip.daddr == SERVICE then
    ip.daddr = servers[choose(ip:saddr():int(), tcp.sport, #servers)]
  end
  return XT_CONTINUE
end

function to_client(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip and ip:data(packet_tcp)
  if tcp and tcp.sport == PORT and is_server[ip.saddr] then ip.saddr = SERVICE end
  return XT_CONTINUE
end
