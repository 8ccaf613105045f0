-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- What ip.protocol said has been written: the view of what followed is gone, until it is made anew. Other views stay.
-- in: eth / ip ttl=64 / udp sport=1000 dport=2000 / text abcdefghijkl
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  local sport = udp:sport()
  ip.protocol = 17
  udp.sport = 1001
  ip.protocol = 6
  assert(not ip:data(packet_udp))
  for _, gone in ipairs { function() return udp.sport end, function() udp.sport = 1 end, function() return sport:get() end,
                          function() return #udp end, function() return udp:data() end } do
    local ok, why = pcall(gone)
    assert(not ok and why:find("packet_udp is gone: what the header before it says of what follows has been written", 1, true))
  end
  ip.ttl = ip.ttl - 1
  ip.protocol = 17
  local again = ip:data(packet_udp)
  again.dport = 2001
  assert(#p == 54 and udp.sport == 1001)
  ip.ihl = 6
  assert(not pcall(function() return udp.dport end) and ip:data(packet_udp):get_offset() == udp_offset(p) + 4)
  ip.ihl = 5
  return NF_ACCEPT
end

function udp_offset(p)
  return 34
end

-- verdict: NF_ACCEPT
-- out: eth / ip ttl=63 / udp sport=1001 dport=2001 / text abcdefghijkl
