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
