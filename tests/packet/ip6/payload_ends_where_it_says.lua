-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The payload has payload_len bytes, without padding; 0 says nothing, as of packets that are larger.
-- in: eth / ip6 / udp / pad 10
-- in: eth / ip6 payload_len=4 / text abcdefgh
-- in: eth / ip6 payload_len=0 / text abcdefgh
-- in: eth / ip6 payload_len=9 / text abcdefgh
function process_packet(p)
  error(tostring(p:data(packet_eth):data(packet_ip6):data()), 0)
end

-- verdict 1: error packet_raw offset 54 length 8
-- verdict 2: error packet_raw offset 54 length 4
-- verdict 3-4: error packet_raw offset 54 length 8
