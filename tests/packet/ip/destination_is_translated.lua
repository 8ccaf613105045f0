-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The handler of the thesis: packets to one address go to another, all protocols, also fragments.
-- in: eth / ip daddr=8.8.8.8 / udp / text abc
-- in: eth / ip daddr=8.8.8.8 / tcp / text abc
-- in: eth / ip daddr=8.8.8.8 / icmp / text abc
-- in: eth / ip daddr=8.8.8.8 frag_off=185 / fill 8 0x41
-- in: eth / ip daddr=8.8.4.4 / udp / text abc
-- in: eth / arp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if ip and ip:daddr():get() == "8.8.8.8" then
    ip:daddr():set("2.1.1.1")
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip daddr=2.1.1.1 / udp / text abc
-- out 2: eth / ip daddr=2.1.1.1 / tcp / text abc
-- out 3: eth / ip daddr=2.1.1.1 / icmp / text abc
-- out 4: eth / ip daddr=2.1.1.1 frag_off=185 / fill 8 0x41
-- out 5-6: same
