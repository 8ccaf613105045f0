-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- In a fragment that is not the first there is no transport; in the first, what counts the address follows by the difference.
-- in: eth / ip6 nexthdr=44 extensions=1100000112345678 / udp / text one
-- in: eth / ip6 nexthdr=44 extensions=1100000912345678 / fill 16 0x41
-- in: eth / ip6 nexthdr=44 extensions=1100000812345678 / fill 16 0x41
-- in: eth / ip6 nexthdr=0 extensions=2c00010400000000_1100fff912345678 / fill 16 0x41
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local udp = ip:data(packet_udp)
  ip.saddr = "2001:db8::7"
  if not udp then
    local _, why = pcall(ip:data().write, ip:data(), "B")
    error(tostring(ip:data()) .. " " .. tostring(why):gsub(".*: ", ""), 0)
  end
  assert(not pcall(function() udp:check():set() end))   -- needs the other fragments
  return XT_CONTINUE
end

-- verdict 1: XT_CONTINUE
-- out 1: eth / ip6 nexthdr=44 extensions=1100000112345678 saddr=2001:db8::7 / udp / text one
-- verdict 2-3: error packet_raw offset 62 length 16 the checksum of these bytes is in the first fragment, which is another packet
-- verdict 4: error packet_raw offset 70 length 16 the checksum of these bytes is in the first fragment, which is another packet
