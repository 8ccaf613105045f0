-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Globals and local variables around the handler live as long as the state: they count packets.
-- in 5 times: eth / ip / udp
total = 100
local odd = 0
function process_packet(p)
  total = total + 1
  local ip = p:data(packet_eth):data(packet_ip)
  ip.id = total
  if total % 2 == 1 then odd = odd + 1 end
  ip.tos = odd
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip tos=1 id=101 / udp
-- out 2: eth / ip tos=1 id=102 / udp
-- out 3: eth / ip tos=2 id=103 / udp
-- out 4: eth / ip tos=2 id=104 / udp
-- out 5: eth / ip tos=3 id=105 / udp
