-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing protocol changes the checksum of the IP header; that of the transport stays at its place as it was.
-- in: eth / ip / tcp / text abc
-- in: eth / ip / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local before = ip:data():to_bytes()
  local to = ip:data(packet_tcp) and 253 or 6
  ip.protocol = to
  assert(ip:data():to_bytes() == before)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip protocol=253 / tcp / text abc
-- out 2: eth / ip protocol=6 / udp / text abc
