-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A packet has a mark and a priority, which are set and read back; they are not the next one's.
-- in 3 times: eth / ip / udp / text hello
local n = 0
function process_packet(p)
  n = n + 1
  if n == 3 then p:mark(0x100000000) end
  local before = p:mark()
  p:mark(5)
  p:priority(0xFFFFFFFF)
  return (before == 0 and p:mark(p:mark() + 1) == 6 and p:priority() == 0xFFFFFFFF and p:len() == 47 and NF_ACCEPT) or NF_DROP
end

-- verdict: NF_ACCEPT
-- out: same
-- verdict 3: error marks_end_with_the_packet.lua:7: mark: the value does not fit into 32 bits
