-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The state is nearly full, and each packet makes strings.
local held = {}
for i = 1, 24000 do held[i] = { } if collectgarbage("count") > 800 then break end end
function process_packet(p)
  local payload = p:data(packet_eth):data(packet_ip):data(packet_udp):data():get():string()
  for i = 1, 40 do payload = payload:lower() .. "" end
  return XT_CONTINUE
end
