-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A payload under ten headers grows and shrinks by odd numbers of bytes, up to the longest packet there is.
local long, n = ("x"):rep(60001), 0
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local v = ip:data(packet_udp)
  local header = v:raw(0, 8):get():string()
  v:data():set(header:rep(20))
  for i = 1, 8 do
    local inner = v:data():data(packet_udp)
    if not inner then break end
    inner.length = 0
    v = inner
  end
  ip.tot_len = #p - 14
  local payload = v:data()
  while true do
    n = n + 1
    pcall(payload.set, payload, long:sub(1, n * 7919 % 60001))
    pcall(payload.set, payload, "y")
    pcall(payload.set, payload, long)
  end
end
