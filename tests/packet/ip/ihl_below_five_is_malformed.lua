-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A header that says it is shorter than 20 bytes: fields are there, options, payload and its checksum are not.
-- in: eth / ip ihl=4 check=0x1111 / udp / text abc
-- in: eth / ip ihl=0 check=0x1111 / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  assert(ip:data() == nil and ip:data(packet_udp) == nil and ip:options() == nil and ip.options == nil)
  local ok, message = pcall(function() ip:check():set() end)
  assert(not ok and message:find("check: cannot be computed", 1, true), message)
  ok, message = pcall(function() ip.options = 1 end)
  assert(not ok and message:find("options: the header is malformed", 1, true), message)
  ip.ttl = 1
  ip.daddr = "192.0.2.2"
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip ihl=4 ttl=1 daddr=192.0.2.2 check=0x9810 / udp check=0x0c73 / text abc
-- out 2: eth / ip ihl=0 ttl=1 daddr=192.0.2.2 check=0x9810 / udp check=0x0c73 / text abc
