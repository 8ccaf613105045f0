-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Connections come by the thousand where there is no memory, and their tables grow; then all of them go at once.
local ip = bytes.new(20 + 8)
local head = bytes.to_packet(ip, packet_ip)
local much, n = {}, 0

function process_packet(p)
  while true do
    n = n + 1
    pcall(function()
      local f = p:flow()
      if f then
        f[n % 5000] = ("x"):rep(n % 100) .. n
        f:cut(true)
      end
      much[n % 3000] = { n }
    end)
    if n % 1000 == 0 then
      flow.count()
      pcall(flow.options, { size = 1 + n % 100000 })
    end
    pcall(function() p.ip.saddr = "10." .. n % 200 .. "." .. n // 200 % 200 .. ".1" end)
  end
end
