-- SPDX-License-Identifier: MIT OR GPL-2.0-only
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip and ip:data(packet_udp)
  local payload = udp and udp:data()
  if payload and #payload >= 3 then
    payload:raw(0, 3):set("abc")
    payload:raw(0, 3):set(300)
    payload:set()
    payload:set(p)
    ip:options():set("x")
    payload:get()[0] = nil
    payload:raw(0, 3):set(0x41)
    payload:set("65")
    payload:set(ip.ttl)
  end
  return XT_CONTINUE
end
