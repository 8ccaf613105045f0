-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A loop without end is stopped by the time limit; the next packet is handled.
-- in 4 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then
    while true do end
  end
  if n == 2 then repeat p:data(packet_eth) until false end
  if n == 3 then
    local function f() return f() end
    f()
  end
  p:data(packet_eth):data(packet_ip).id = n
  return NF_ACCEPT
end

-- verdict 1: error infinite_loops_are_stopped.lua:8: time limit exceeded
-- verdict 2: error infinite_loops_are_stopped.lua:10: time limit exceeded
-- verdict 3: error infinite_loops_are_stopped.lua:12: time limit exceeded
-- verdict 4: NF_ACCEPT
-- out: eth / ip id=4 / udp
