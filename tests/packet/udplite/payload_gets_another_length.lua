-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP-Lite's checksum goes on over as much of the payload as it was of; one that would be cut is an error.
-- in: eth / ip / udplite / text abcde
-- in: eth / ip / udplite length=8 / text abcde
-- in: eth / ip / udplite length=13 / text abcde
-- in: eth / ip / udplite length=11 / text abcde
function process_packet(p)
  p:data(packet_eth):data(packet_ip):data(packet_udplite):data():set("12345678")
  return XT_CONTINUE
end

-- verdict 1-3: XT_CONTINUE
-- verdict 4: error payload_gets_another_length.lua:8: this payload keeps its length: the network header is in it,
--   or not all headers around it are known, or one of them does not say how long it is, or sums up a part of it
-- out 1: eth / ip / udplite / text 12345678
-- out 2: eth / ip / udplite length=8 / text 12345678
-- out 3: eth / ip / udplite length=16 / text 12345678
