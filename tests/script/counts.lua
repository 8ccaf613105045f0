-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Handlers for scripts_test.lua.
local seen = 0

function count(p)
  seen = seen + 1
  if seen == 1 then return XT_CONTINUE end
  return NF_ACCEPT
end

function rewrite(p)
  p:data(packet_eth):data(packet_ip).ttl = STATE_ID
  return XT_CONTINUE
end

function queue(p)
  return NF_QUEUE | 5 << 16
end

function again(p) return NF_REPEAT end
function nothing(p) end

function fails(p)
  return p:data(packet_eth):data(packet_tcp).sport
end

function forever(p)
  while true do end
end
