-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A token bucket lets its burst through; each key has one, whatever it is: an address as a field, as a text, a number, nothing.
-- in 3 times: eth / ip / udp / text hello
-- in 3 times: eth / ip saddr=10.0.0.9 / udp / text hello
-- in: eth / ip saddr=10.0.0.9 / udp dport=9 / text hello
-- in: eth / ip saddr=10.0.0.9 / udp dport=9 / text hello
-- in: eth / ip6 / udp dport=9 / text hello
-- in: eth / ip6 / udp dport=9 / text hello
-- in: eth / ip6 / udp dport=9 / text hello
-- in: eth / ip6 / udp dport=9 / text hello
local slow = { rate = 1, per = 86400000, burst = 2, size = 100 }

function process_packet(p)
  local address = p.ip and p.ip:saddr() or p.ip6:saddr()
  if not nf.limit(slow, address) then return NF_DROP end
  if not nf.limit(slow, address:get()) then return NF_DROP end
  if not nf.limit{ rate = 1, per = 86400000, burst = 2, key = p.udp.dport } then return NF_DROP end
  if not nf.limit{ rate = 1, per = 86400000, burst = 5 } then return NF_DROP end
  return XT_CONTINUE
end

-- verdict: NF_DROP
-- verdict 1, 2, 9, 10: XT_CONTINUE
-- out: same
