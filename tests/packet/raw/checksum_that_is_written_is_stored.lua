-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A checksum among the bytes that :write() changes is what was written; one that is written as it is follows the others.
-- wrong checksums: 2
-- in: eth / ip / udp / text abcdefgh
-- in: eth / ip / tcp / text abcdefgh
-- in: eth / ip / gre check=+0 / ip / udp / text abcdefgh
-- in: eth / ip / udp / text abcdefgh
-- in: eth / ip / icmp type=3 / ip / udp / text abcdefgh
-- not with partial checksums: it writes the checksum
local n = 0
function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  if n == 1 then ip:data(packet_udp):write("\0\1\0\2\0\16\xbe\xef") end
  if n == 2 then ip:data(packet_tcp):write("\x12\x34\0\0", 16) ip:write("\7\7", 4) end
  if n == 3 then
    local inner = ip:data(packet_gre):data(packet_ip)
    inner:data(packet_udp):write("\0\0", 6)
    inner:write("\1", 1)
    local was = ip:data(packet_gre).check
    ip:data(packet_gre):check():set()
    assert(ip:data(packet_gre).check == was)
  end
  if n == 4 then        -- what was saved is restored; then a copy with another ttl
    local saved = ip:raw(0, 28):to_bytes()
    ip.daddr, ip.ttl, ip:data(packet_udp).dport = "1.2.3.4", 3, 9
    ip:write(saved)
    local copy = ip:raw(0, 20):to_bytes()
    copy[8] = 9
    ip:write(copy)
  end
  if n == 5 then
    local quoted = ip:data(packet_icmp):data(packet_ip)
    quoted:write("\0\0", 20 + 6)
    quoted:data(packet_udp):check():set()
  end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / ip / udp sport=1 dport=2 check=0xbeef / text abcdefgh
-- out 2: eth / ip id=1799 / tcp check=0x1234 / text abcdefgh
-- out 3: eth / ip / gre check=+0 / ip tos=1 / udp check=0x0000 / text abcdefgh
-- out 4: eth / ip ttl=9 / udp / text abcdefgh
-- out 5: same
