-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of ARP is read and set: those of the fixed part, and addresses of Ethernet and IPv4.
-- in: eth / arp oper=2 sha=02:00:00:00:00:0A spa=192.0.2.1 tha=02:00:00:00:00:0B tpa=192.0.2.2 / pad 18
-- in: eth / vlan vid=9 / arp oper=2 sha=02:00:00:00:00:0A spa=192.0.2.1 tha=02:00:00:00:00:0B tpa=192.0.2.2
function process_packet(p)
  local eth = p:data(packet_eth)
  local arp = eth:data(packet_arp) or eth:data(packet_vlan):data(packet_arp)
  assert(arp.htype == 1 and arp.ptype == 0x0800 and arp.hlen == 6 and arp.plen == 4 and arp.oper == 2)
  assert(arp.sha == "02:00:00:00:00:0A" and arp:spa():get() == "192.0.2.1")
  assert(arp:tha():get() == "02:00:00:00:00:0B" and arp.tpa == "192.0.2.2")
  assert(arp:spa():int() == 0xC0000201 and #arp:spa() == 4 and #arp:tha() == 6)
  assert(arp:tpa():get_offset() == arp:get_offset() + 24)
  arp.sha, arp.spa = arp.tha, arp.tpa
  arp:tha():set("00:00:5e:00:53:01")
  arp:tpa():set(0x0A000001)
  arp.oper = 1
  arp.htype = 0xFFFF
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / arp htype=65535 oper=1 sha=02:00:00:00:00:0B spa=192.0.2.2 tha=00:00:5E:00:53:01 tpa=10.0.0.1 / pad 18
-- out 2: eth / vlan vid=9 / arp htype=65535 oper=1 sha=02:00:00:00:00:0B spa=192.0.2.2 tha=00:00:5E:00:53:01 tpa=10.0.0.1
