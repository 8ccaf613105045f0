-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A connection that has been cut gets its verdict without the script, in both directions, and so do its fragments.
-- in 2 times: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2000 / text there
-- in: eth / ip saddr=10.0.0.2 daddr=10.0.0.1 / udp sport=2000 dport=1000 / text back
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2001 / text other
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 / udp sport=1000 dport=2001 / text other
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=9 flags=1 / udp sport=1000 dport=2000 length=48 check=0 / fill 24 0x41
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=9 frag_off=4 protocol=17 / fill 16 0x41
-- in: eth / ip saddr=10.0.0.1 daddr=10.0.0.2 id=8 frag_off=4 protocol=17 / fill 16 0x41
-- in 2 times: eth / ip6 saddr=2001:db8::1 daddr=2001:db8::2 / tcp sport=1 dport=2000 / text there
-- in: eth / ip6 saddr=2001:db8::2 daddr=2001:db8::1 / tcp sport=2000 dport=1 flags=4
-- in: eth / ip6 saddr=2001:db8::1 daddr=2001:db8::2 / tcp sport=1 dport=2000 flags=2
-- in: eth / ip6 saddr=2001:db8::1 daddr=2001:db8::2 / tcp sport=1 dport=2000 / text there
local n = 0

function process_packet(p)
  local ports = p.udp or p.tcp
  n = n + 1
  if ports and ports.dport == 2000 then p:flow():cut(p.ip and NF_ACCEPT or XT_RETURN) end
  return NF_QUEUE | n << 16
end

-- verdict 1: NF_QUEUE 1
-- verdict 2, 3, 6, 7: NF_ACCEPT
-- verdict 4: NF_QUEUE 2
-- verdict 5: NF_QUEUE 3
-- verdict 8: NF_QUEUE 4
-- verdict 9: NF_QUEUE 5
-- verdict 10, 11, 13: XT_RETURN
-- verdict 12: NF_QUEUE 6
-- out: same
