-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A token bucket for each source.
local each = { rate = 1000000000 }

function process_packet(p)
  local ip = p.ip
  if ip and not nf.limit(each, ip:saddr()) then return NF_DROP end
  return XT_CONTINUE
end
