-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Notices who tries many ports of TCP in a short time, reports it, and drops what else that host asks for, for a minute:
--   iptables -t mangle -A PREROUTING -p tcp --syn -j LUA --script port_scan.lua
--   ip6tables -t mangle -A PREROUTING -p tcp --syn -j LUA --script port_scan.lua
-- Try it, from another host:  for port in {1..30}; do timeout 1 bash -c "exec 3<>/dev/tcp/192.0.2.1/$port"; done
local PORTS, WINDOW, BLOCKED = 20, 10000, 60000 -- so many ports within so many milliseconds; milliseconds
local MOST = 100000 -- ports at once that are remembered: whoever can send packets can make up addresses

-- Shared, so that the rules of both families, and copies for each CPU, know the same.
local tried = shared.table("port_scan tried", { ttl = WINDOW })
local count = shared.table("port_scan count", { ttl = WINDOW })
local blocked = shared.table("port_scan blocked", { ttl = BLOCKED })
local scans = shared.queue("port_scan scans", 100)

if IS_INTERRUPT then
  function process_packet(p)
    local ip, tcp = p.ip or p.ip6, p.tcp
    if not ip or not tcp then return XT_CONTINUE end
    local source = ip.saddr
    if blocked[source] then return NF_DROP end
    if #tried >= MOST or tried:add(source .. " " .. ip.daddr .. " " .. tcp.dport, 1) > 1 then return XT_CONTINUE end
    if count:add(source, 1) == PORTS then scans:send(source) end
    return XT_CONTINUE
  end
else
  local reported = 0
  -- In process context: may take its time, and packets go on meanwhile.
  scans:on(function(source)
    reported = reported + 1
    blocked[source] = true
    nf.log("warning", string.format("%s tries many ports (host %d of those)", source, reported))
  end)
end
