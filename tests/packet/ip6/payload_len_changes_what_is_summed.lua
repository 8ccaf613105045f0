-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Where payload_len says that there is less, the checksum of TCP is of less.
-- in: eth / ip6 / tcp / text abcde / hex 000000
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  ip.payload_len = 20 + 5
  assert(#ip:data(packet_tcp):data() == 5)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip6 / tcp / text abcde / pad 3
