-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The whole payload is written again and again, in one piece, byte by byte and as fields, all with checksums.
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local payload = ip:data(packet_udp):data()
  local text = ("\xA5"):rep(1000)
  while true do
    pcall(payload.write, payload, text)
    pcall(ip.write, ip, text:sub(1, 4), 12)
    ip.ttl = 5
    local b = payload:get()
    for i = 0, 900 do b[i] = i & 255 end
    payload:set(7)
  end
end
