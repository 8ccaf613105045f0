-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local slow = { rate = 1, burst = 5 }
function process_packet(p)
  local within = nf.limit(slow, p.ip and p.ip:saddr())
  nf.limit(5)
  nf.limit("10/s")
  nf.limit()
  nf.limits(slow)
  nf.limit(slow, p.ip.saddr, 5)
  if nf.limit(slow) == 1 then return NF_DROP end
  return within and NF_ACCEPT or NF_DROP
end
