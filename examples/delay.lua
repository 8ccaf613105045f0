-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A bad line: one packet in ten is lost, and the others come about 50 ms later. Packets of one flow stay in order.
--   iptables -t mangle -A FORWARD -p udp -j LUA --script delay.lua
-- Try it with -i eth0 -p icmp, and  ping -c 100 -i 0.1  through this machine.
local LOSS, DELAY, JITTER = 10, 50, 3 -- percent; milliseconds; and so many more or less
local REORDER = false -- whether packets of a flow may overtake each other
local MS = 1000000

-- When what came last will be sent, in nanoseconds: of each flow; flows that share a place stay in order, too.
local last = {}
for i = 0, 255 do last[i] = 0 end

local function place(p, ip)
  local ports = p.udp or p.tcp
  local sum = ip:saddr():int() ~ ip:daddr():int() ~ ip.protocol
  if ports then sum = sum ~ ports.sport << 3 ~ ports.dport end
  return (sum ~ sum >> 8 ~ sum >> 16 ~ sum >> 24) & 255
end

-- In whole milliseconds: so a packet may be sent one later than what came before it in its flow.
local function delay(i)
  local ms = DELAY + math.random(-JITTER, JITTER)
  if REORDER then return ms end
  return math.max(ms, (last[i] - nf.get_time("ns") + MS - 1) // MS)
end

-- Deferred work: sends the copy. It passes OUTPUT and POSTROUTING, and not this rule again.
function forward(skb, id, ip)
  local sent, why = nf.create_packet(nil, ip:to_bytes())
  if not sent then nf.log("notice", why) end
end

-- NF_STOLEN, not NF_DROP: of that a program of this machine would be told that it may not send, in OUTPUT and POSTROUTING.
function process_packet(p)
  local ip = p.ip
  if not ip or ip.ttl == 1 then return XT_CONTINUE end
  if math.random(100) <= LOSS then return NF_STOLEN end
  local i = place(p, ip)
  local ms = delay(i)
  local asked, why = nf.schedule(nil, "forward", 0, ms, ip, packet_ip)
  last[i] = nf.get_time("ns") + ms * MS -- or a moment before that
  if not asked then nf.log("notice", why) end
  return NF_STOLEN
end
