-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Only headers in one another count: any number of them may stand side by side.
-- in: eth / ip / udp / fill 1000 0x31
function process_packet(p)
  local sum = 0
  for i = 0, 150 do
    local udp = p:raw(i, 100):data(packet_udp)
    sum = sum + #udp:raw(8, 92) + (udp:data() and 1 or 0)
  end
  error(tostring(sum), 0)
end

-- verdict: error 14038
