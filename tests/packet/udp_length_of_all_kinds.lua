-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- UDP's length: 0 tells nothing, less than 8 leaves no payload, more than there is ends with the packet.
-- in: eth / ip / udp len=0 / text abc
-- in: eth / ip / udp len=1 / text abc
-- in: eth / ip / udp len=7 / text abc
-- in: eth / ip / udp len=8 / text abc
-- in: eth / ip / udp len=10 / text abc
-- in: eth / ip / udp len=11 / text abc
-- in: eth / ip / udp len=12 / text abc
-- in: eth / ip / udp len=65535 / text abc
function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local data = udp:data()
  local ok, message = pcall(function() udp:check():set() end)
  assert(ok or message:find("check: cannot be computed", 1, true))
  return NF_QUEUE | (data and #data or 99) + (ok and 100 or 200) << 16
end
