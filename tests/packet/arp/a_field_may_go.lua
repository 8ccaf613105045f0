-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A view of an address is where it is now, and nil if it is gone: lengths may be written meanwhile.
-- in: eth / arp spa=192.0.2.1 tha=02:00:01:02:03:04 tpa=192.0.2.2 / pad 18
function process_packet(p)
  local arp = p:data(packet_eth):data(packet_arp)
  local tpa = arp:tpa()
  arp.hlen = 4
  assert(tpa:get() == "1.2.3.4" and arp:tha():get() == nil, tpa:get())
  arp.plen = 3
  assert(tpa:get() == nil and tpa:int() == nil and not pcall(tpa.set, tpa, 0))
  arp.hlen, arp.plen = 6, 4
  assert(tpa:get() == "192.0.2.2")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: same
