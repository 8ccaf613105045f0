-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- After an error the state goes on, with its globals as the failed call left them.
-- in 6 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n % 2 == 0 then error("packet " .. n) end
  p:data(packet_eth):data(packet_ip).id = n
  return NF_ACCEPT
end
