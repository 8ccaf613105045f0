-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A bad line: one packet in ten is lost, and the others come 50 ms later, in the order in which they came.
--   iptables -t mangle -A FORWARD -p udp -j LUA --script delay.lua
local LOSS, DELAY = 10, 50 -- percent, milliseconds

-- Deferred work: sends the copy. It passes OUTPUT and POSTROUTING, and not this rule again.
function forward(skb, id, ip)
  local sent, why = nf.create_packet(nil, ip:to_bytes())
  if not sent then nf.log("notice", why) end
end

function process_packet(p)
  local ip = p.ip
  if not ip or ip.ttl == 1 then return XT_CONTINUE end
  if math.random(100) > LOSS then nf.schedule(nil, "forward", 0, DELAY, ip, packet_ip) end
  return NF_DROP
end
