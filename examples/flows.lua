-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Counts the packets of each connection, however many there are, in memory that does not grow:
--   iptables -t mangle -A FORWARD -j LUA --script flows.lua --on-error continue
-- There are two tables. When the new one has ENTRIES connections, it becomes the old one, and the one that
-- was old is forgotten: with it go the connections that had no packet since. Anybody can open connections;
-- a table that keeps them all would be full some day, and then fail for each new one.

local ENTRIES <const> = 3000 -- of two such tables, and a third that is garbage for a while, 1 MiB holds the entries

local new, old, entries = {}, {}, 0
local forgotten = 0

-- both directions have one key: the smaller end first
local function key_of(ip, ports)
  local a, b = ip:saddr():int() << 16 | ports.sport, ip:daddr():int() << 16 | ports.dport
  if a > b then a, b = b, a end
  return string.pack(">I6I6B", a, b, ip.protocol)
end

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local ports = ip and (ip:data(packet_tcp) or ip:data(packet_udp))
  if not ports then return XT_CONTINUE end
  local key = key_of(ip, ports)
  if not new[key] then
    if entries == ENTRIES then
      old, new, entries = new, {}, 0
      forgotten = forgotten + 1
    end
    entries = entries + 1
  end
  new[key] = (new[key] or old[key] or 0) + 1
  return XT_CONTINUE
end

-- called when the last rule of the state goes, or the capture ends
function on_close()
  local known, packets = 0, 0
  for key, n in pairs(new) do known, packets = known + 1, packets + n end
  for key, n in pairs(old) do
    if not new[key] then known, packets = known + 1, packets + n end
  end
  print(known, "connections with", packets, "packets; old ones forgotten", forgotten, "times")
end
