-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A payload is what lengths say when it is replaced, whenever it was looked for.
-- in: eth / ip / udp / text abcdefgh
-- not with partial checksums: its bytes end before the packet does
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local payload = udp:data()
  udp.length = 12
  payload:set("0123456")
  assert(#payload == 7 and udp.length == 15 and ip.tot_len == 28 + 11)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip tot_len=39 / udp length=15 check=0x0434 / text 0123456efgh
