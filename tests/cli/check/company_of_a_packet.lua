-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -f process_packet
function process_packet(p)
  if p:mark() == 7 and p:hook() == "OUTPUT" and p:uid() == 1000 then p:mark(8) end
  p:mark(-1)
  p:priority(0x100000000)
  p:mark("x")
  p:mark(nil)
  p:mark(1, 2)
  p:uid(0)
  p:marc(1)
  p:mark(p.ip and p.ip.tos or 0)
  return p:priority(6) == 6 and XT_CONTINUE or NF_DROP
end
