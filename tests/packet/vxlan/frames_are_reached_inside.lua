-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- VXLAN on any port: frames inside it, and what is in these; sums outside follow.
-- in: eth / ip / udp dport=4789 check=0 / vxlan vni=0xABCDEF / eth / ip / udp / text abc
-- in: eth / ip6 / udp dport=4790 / vxlan flags=0 / eth / vlan / ip6 / tcp / text abc
-- in: eth / ip / udp dport=4789 / vxlan / eth / arp
-- in: eth / ip / udp dport=4789 / vxlan / hex 00_11_22_33_44_55_66_77_88_99_aa_bb_08
-- in: eth / ip / udp dport=4789 / hex 08000000000001
function process_packet(p)
  local eth = p:data(packet_eth)
  local outer = eth:data(packet_ip) or eth:data(packet_ip6)
  local vxlan = outer:data(packet_udp):data(packet_vxlan)
  if not vxlan then error("no header", 0) end
  assert(vxlan.flags == (outer.ttl and 8 or 0))
  local frame = vxlan:data(packet_eth)
  if not frame then error("no frame", 0) end
  assert(not vxlan:data(packet_ip))
  vxlan.vni = vxlan.vni ~ 0x800001
  frame.smac = "02:00:00:00:00:99"
  local inner = frame:data(packet_vlan) or frame
  local ip = inner:data(packet_ip) or inner:data(packet_ip6)
  if not ip then return XT_CONTINUE end
  ip[ip.ttl and "ttl" or "hop_limit"] = 3
  local l4 = ip:data(ip.ttl and packet_udp or packet_tcp)
  l4.dport = 9
  l4:data():set("a longer text")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 4: error no frame
-- verdict 5: error no header
-- out 1: eth / ip / udp dport=4789 check=0 / vxlan vni=0x2BCDEE / eth smac=02:00:00:00:00:99 / ip ttl=3 / udp dport=9
--   / text a longer text
-- out 2: eth / ip6 / udp dport=4790 / vxlan flags=0 vni=0x800065 / eth smac=02:00:00:00:00:99 / vlan / ip6 hop_limit=3
--   / tcp dport=9 / text a longer text
-- out 3: eth / ip / udp dport=4789 / vxlan vni=0x800065 / eth smac=02:00:00:00:00:99 / arp
