-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of ICMPv6 is read and set, and the checksum follows: also in a raw view, which knows no addresses.
-- in 2 times: eth / ip6 / icmp6 type=128 code=3 id=0x1234 sequence=0xABCD / text ping
local raw = false

function process_packet(p)
  local icmp = raw and p:raw(54, #p - 54):data(packet_icmp6) or p:data(packet_eth):data(packet_ip6):data(packet_icmp6)
  raw = true
  assert(icmp.type == 128 and icmp.code == 3 and icmp.id == 0x1234 and icmp.sequence == 0xABCD)
  assert(#icmp == 12 and #icmp:data() == 4)
  icmp.type = 129
  icmp:code():set(255)
  icmp:id():set(1)
  icmp.sequence = 0xFFFF
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip6 / icmp6 type=129 code=255 id=1 sequence=65535 / text ping
