-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A checksum of IP or TCP may come out as 0, by difference as well as computed.
-- not with partial checksums: Linux then sends FFFF, which is the same number
-- in 2 times: eth / ip id=0 / tcp urgent=0 / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local tcp = ip:data(packet_tcp)
  n = (n or 0) + 1
  ip.id = ip.check
  tcp.urgent = tcp.check
  if n == 2 then
    ip:check():set()
    tcp:check():set()
  end
  assert(ip.check == 0 and tcp.check == 0)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip id=26315 / tcp urgent=37036 / text abc
