-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What is no IPv4 address is refused.
-- in: eth / ip / udp
-- in: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  for _, text in ipairs{"", "1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", ".1.2.3", "1..2.3", "256.1.1.1", "1.2.3.1000", " 1.2.3.4",
      "1.2.3.4 ", "1.2.3.x", "-1.2.3.4", "1.2.3.4\0", "0x1.2.3.4"} do
    assert(not pcall(function() ip.saddr = text end), text)
  end
  assert(ip.saddr == "10.0.0.1")
  seen = (seen or 0) + 1
  if seen == 2 then ip.daddr = true end
  ip.daddr = "192.0.2.256"
end

-- verdict 1: error malformed_addresses_are_refused.lua:14: daddr: '192.0.2.256' is not an IPv4 address such as 192.0.2.1
-- verdict 2: error malformed_addresses_are_refused.lua:13: bad argument #3 to 'newindex' (string expected, got boolean)
