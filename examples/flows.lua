-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Tells which connections are large, and how many there are:
--   iptables -t mangle -A FORWARD -j LUA --script flows.lua --on-error continue --memory 8M
-- Each connection has a table, which both directions see, and which goes with it. What has been told needs no script any more.
-- However many there are, memory does not grow: the ones that were idle longest go first.

local LARGE <const> = 1000 -- packets

flow.options{ size = 20000 }

local function name_of(p)
  local ip = p.ip or p.ip6
  local ports = p.tcp or p.udp
  if not ports then return ip.saddr .. " and " .. ip.daddr end
  return ("%s port %d and %s port %d"):format(ip.saddr, ports.sport, ip.daddr, ports.dport)
end

function process_packet(p)
  local f = p:flow()
  if not f then return XT_CONTINUE end
  f.packets = (f.packets or 0) + 1
  if f.packets == LARGE then
    print(name_of(p), "have sent " .. LARGE .. " packets")
    f:cut()
  end
  return XT_CONTINUE
end

-- called when the last rule of the state goes, or the capture ends
function on_close() print(flow.count(), "connections") end
