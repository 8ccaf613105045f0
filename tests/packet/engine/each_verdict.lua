-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each verdict that a handler may return; STOLEN and DROP end the packet, others let it pass.
-- in 9 times: eth / ip / udp / text abc
n = 0
local verdicts = {NF_DROP, NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_QUEUE | 5 << 16, NF_QUEUE | 65535 << 16, XT_CONTINUE, XT_RETURN, 1}
function process_packet(p)
  n = n + 1
  p:data(packet_eth):data(packet_ip).id = n
  return verdicts[n]
end

-- verdict 1: NF_DROP
-- verdict 2, 9: NF_ACCEPT
-- verdict 3: NF_STOLEN
-- verdict 4: NF_QUEUE 0
-- verdict 5: NF_QUEUE 5
-- verdict 6: NF_QUEUE 65535
-- verdict 7: XT_CONTINUE
-- verdict 8: XT_RETURN
-- out 2: eth / ip id=2 / udp / text abc
-- out 4: eth / ip id=4 / udp / text abc
-- out 5: eth / ip id=5 / udp / text abc
-- out 6: eth / ip id=6 / udp / text abc
-- out 7: eth / ip id=7 / udp / text abc
-- out 8: eth / ip id=8 / udp / text abc
-- out 9: eth / ip id=9 / udp / text abc
