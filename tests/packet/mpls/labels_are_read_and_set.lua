-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Labels, one behind the other; behind the last one its first bits say which IP it is.
-- in: eth / mpls label=0xFFFFF tc=5 ttl=1 / ip / udp / text abc
-- in: eth / vlan / mpls / mpls label=3 / mpls label=16 / ip6 / tcp / text abc
-- in: eth type=0x8848 / mpls / ip / udp / text abc
-- in: eth / mpls / hex 00000000 / text a pseudowire
-- in: eth / mpls bos=0 / hex 00001101_45000014
-- in: eth / mpls / mpls bos=1 / nothing
function process_packet(p)
  local eth = p:data(packet_eth)
  local label, labels = eth:data(packet_mpls) or eth:data(packet_vlan):data(packet_mpls), {}
  while label do
    labels[#labels + 1] = label.label .. "/" .. label.tc .. "/" .. label.bos .. "/" .. label.ttl
    local inner = label:data(packet_mpls)
    if not inner then break end
    label = inner
  end
  local ip, ip6 = label:data(packet_ip), label:data(packet_ip6)
  if not ip and not ip6 then error(table.concat(labels, " "), 0) end
  assert(not (ip and ip6) and not label:data(packet_eth) and #label:data() == #(ip or ip6))
  label.label, label.tc, label.ttl = #labels, 7, 255
  local l4 = (ip or ip6):data(ip and packet_udp or packet_tcp)
  l4.dport = 9
  label.bos = 0
  assert(not pcall(function() l4.dport = 10 end) and label:data(packet_mpls) ~= nil)
  label.bos = 1
  return XT_CONTINUE
end

-- verdict 1-3: XT_CONTINUE
-- verdict 4: error 1000/0/1/64
-- verdict 5: error 1000/0/0/64 1/0/1/1
-- verdict 6: error 1000/0/0/64 1000/0/1/64
-- out 1: eth / mpls label=1 tc=7 ttl=255 / ip / udp dport=9 / text abc
-- out 2: eth / vlan / mpls / mpls label=3 / mpls label=3 tc=7 ttl=255 / ip6 / tcp dport=9 / text abc
-- out 3: eth type=0x8848 / mpls label=1 tc=7 ttl=255 / ip / udp dport=9 / text abc
