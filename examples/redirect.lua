-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Lets 10.0.0.2 answer for 8.8.8.8. Who asks sees no difference. On the router between them:
--   iptables -t mangle -A PREROUTING  -d 8.8.8.8  -j LUA --script redirect.lua --function there
--   iptables -t mangle -A POSTROUTING -s 10.0.0.2 -j LUA --script redirect.lua --function back

-- questions go to the host that answers them
function there(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:daddr():set("10.0.0.2")
  return XT_CONTINUE
end

-- answers come from the address that was asked
function back(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  ip:saddr():set("8.8.8.8")
  return XT_CONTINUE
end
