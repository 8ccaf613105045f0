-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP's length: 0 tells nothing, less than 8 leaves no payload, more than there is ends with the packet.
-- in: eth / ip / udp length=0 / text abc
-- in: eth / ip / udp length=1 / text abc
-- in: eth / ip / udp length=7 / text abc
-- in: eth / ip / udp length=8 / text abc
-- in: eth / ip / udp length=10 / text abc
-- in: eth / ip / udp length=11 / text abc
-- in: eth / ip / udp length=12 / text abc
-- in: eth / ip / udp length=65535 / text abc
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local data = udp:data()
  local ok, message = pcall(function() udp:check():set() end)
  assert(ok or message:find("check: cannot be computed", 1, true))
  return NF_QUEUE | (data and #data or 99) + (ok and 100 or 200) << 16
end

-- verdict 1, 6: NF_QUEUE 103
-- verdict 2-3: NF_QUEUE 299
-- verdict 4: NF_QUEUE 100
-- verdict 5: NF_QUEUE 102
-- verdict 7-8: NF_QUEUE 203
-- out 1-3, 6-8: same
-- out 4: eth / ip / udp length=8 check=0xd0db / text abc
-- out 5: eth / ip / udp length=10 check=0x6f75 / text abc
