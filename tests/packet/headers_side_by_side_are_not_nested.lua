-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Only headers in one another count: any number of them may stand side by side.
-- in: eth / ip / udp / fill 1000 0x31
function process_packet(p)
  local sum = 0
  for i = 0, 900 do
    local udp = p:raw(i, 100):data(packet_udp)
    sum = sum + #udp:raw(8, 92) + (udp:data() and 1 or 0)
  end
  local ok, why = pcall(function()
    for i = 0, 900 do
      for n = 98, 99 do p:raw(i, n):data(packet_udp):raw(0, 1) end
    end
  end)
  error(sum .. " " .. tostring(why), 0)
end
