-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An IPv4 header of 60 bytes, all options: what follows it is found, and all checksums follow.
-- in: eth / ip options=01010101010101010101010101010101010101010101010101010101010101010101010101010100 / tcp / text x
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  assert(ip.ihl == 15 and #ip:options() == 40)
  local tcp = ip:data(packet_tcp)
  ip.saddr = "192.0.2.1"
  tcp.seq = 0xFFFFFFFF
  ip.options = 1
  ip:check():set()
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip options=01010101010101010101010101010101010101010101010101010101010101010101010101010101
--   saddr=192.0.2.1 / tcp seq=4294967295 / text x
