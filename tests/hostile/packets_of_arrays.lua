-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Packets of arrays without end, by turns with the packet itself; headers in each until no more are found.
local kept = {}
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  while true do
    local ok = pcall(function()
      local a = ip:to_bytes()
      for i = 1, 100 do
        local mine = bytes.to_packet(a, packet_ip)
        kept[#kept + 1] = mine
        mine.ttl, ip.ttl = ip.ttl, mine.ttl
        for n = 0, 30 do bytes.to_packet(a:slice(n), packet_udp):data(packet_ip) end
        for n = 0, 30 do mine:raw(n, 20):data(packet_ip) end
      end
    end)
    if not ok and collectgarbage("count") > 800 then kept = {} end
  end
end
