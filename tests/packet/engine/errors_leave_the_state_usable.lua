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

-- verdict 1, 3, 5: NF_ACCEPT
-- verdict 2: error errors_leave_the_state_usable.lua:7: packet 2
-- verdict 4: error errors_leave_the_state_usable.lua:7: packet 4
-- verdict 6: error errors_leave_the_state_usable.lua:7: packet 6
-- out 1: eth / ip id=1 / udp
-- out 3: eth / ip id=3 / udp
-- out 5: eth / ip id=5 / udp
