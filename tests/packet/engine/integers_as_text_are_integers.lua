-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where Lua takes a string for an integer, so do fields.
-- in: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  ip.ttl = "12"
  ip:id():set("0x10")
  ip:data(packet_udp).dport = " 53 "
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip id=16 ttl=12 / udp dport=53
