-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Parts of GRE stand behind those that there are before them; one that there is not is nil, and writing it raises.
-- in: eth / ip / gre key=77 / ip / udp / text abc
-- in: eth / ip / gre check=+0 key=0xFFFFFFFF sequence=5 / ip / udp / text abc
-- in: eth / ip / gre check=+2 sequence=5 / ip6 / udp / text abc
-- in: eth / ip / gre version=1 key=0x00100001 sequence=9 ack=8 protocol=0x880B / hex 00210000
-- in: eth / ip6 / gre / mpls / ip / udp / text abc
-- in: eth / ip6 / gre has_key=1 / hex 000102
function process_packet(p)
  local eth = p:data(packet_eth)
  local outer = eth:data(packet_ip) or eth:data(packet_ip6)
  local gre = outer:data(packet_gre)
  if not gre then error("none", 0) end
  local had = {}
  for _, name in ipairs{"key", "sequence", "ack"} do
    local value = gre[name]
    assert((value ~= nil) == (gre["has_" .. name] == 1))
    local ok = pcall(function() gre[name] = value and value ~ 0x80000001 or 1 end)
    assert(ok == (value ~= nil))
    had[#had + 1] = value or "-"
  end
  assert(#gre:data() == #gre - #gre:options() - 4)
  local inner = gre:data(packet_mpls) or gre
  local ip = inner:data(packet_ip) or inner:data(packet_ip6)
  if ip then ip:data(packet_udp).dport = had[1] == "-" and 2 or 1 end
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 6: error none
-- out 1: eth / ip / gre key=0x8000004C / ip / udp dport=1 / text abc
-- out 2: eth / ip / gre check=+0 key=0x7FFFFFFE sequence=0x80000004 / ip / udp dport=1 / text abc
-- out 3: eth / ip / gre check=+2 sequence=0x80000004 / ip6 / udp dport=2 / text abc
-- out 4: eth / ip / gre version=1 key=0x80100000 sequence=0x80000008 ack=0x80000009 protocol=0x880B / hex 00210000
-- out 5: eth / ip6 / gre / mpls / ip / udp dport=2 / text abc
