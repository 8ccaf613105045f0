-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As many views of one packet as there is memory for, each of another part.
function process_packet(p)
  local views = {}
  while true do
    for i = 1, 3000 do
      views[i] = p:raw(i % 1000, 100)
      local v = views[i]:data(packet_ip)
    end
  end
end
