-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Writing bytes changes those bytes and nothing else; then set() makes the checksum right.
-- not with partial checksums: the device computes it of whatever bytes there are
-- wrong checksums: 1
-- in 2 times: eth / ip / udp / text payload
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local before = udp.check
  udp:data():raw(1, 3):set(0x2D)
  udp:data():get()[0] = 0x2A
  assert(udp.check == before)
  n = (n or 0) + 1
  if n == 2 then udp:check():set() end
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip / udp check=0x139e / text *---oad
-- out 2: eth / ip / udp / text *---oad
