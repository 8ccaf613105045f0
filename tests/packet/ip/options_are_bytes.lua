-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Options of the IPv4 header are bytes: read, filled, written one by one; check():set() covers them.
-- in: eth / ip options=83070808080808000000000000000000 / udp / text abc
-- in: eth / ip / udp
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local options = ip:options()
  assert(#options == (ip.ihl - 5) * 4 and #ip.options == #options and options:get_offset() == 34)
  if #options > 0 then
    assert(tostring(ip.options):sub(1, 8) == "83070808")
    options:set(1)
    ip.options[15] = 0
    ip:check():set()
  else
    assert(ip.options[0] == nil and tostring(options:to_bytes()) == "")
  end
  assert(ip:data(packet_udp).dport == 5678)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out 1: eth / ip options=01010101010101010101010101010100 / udp / text abc
-- out 2: same
