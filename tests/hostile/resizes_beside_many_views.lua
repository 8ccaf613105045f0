-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A payload gets another length again and again, beside thousands of headers that have been found in it.
function process_packet(p)
  local payload = p:data(packet_eth):data(packet_ip):data(packet_udp):data()
  payload:set(("\0\1\0\8\0\0"):rep(8000))
  local views = {}
  for i = 1, 2500 do views[i] = payload:raw(i * 7, 100):data(packet_vlan) end
  local text = payload:get():string()
  for i = 1, 100000 do
    payload:set(text .. "z")
    for j = 1, 30 do pcall(function() return #views[j] end) end
    payload:set(text)
  end
end
