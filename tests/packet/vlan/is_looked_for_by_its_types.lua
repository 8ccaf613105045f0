-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A tag is there by both its types, and only if it is whole.
-- in: eth / vlan / ip
-- in: eth type=0x88A8 / vlan / ip
-- in: eth type=0x9100 / vlan / ip
-- in: eth type=0x8100 / hex 000708
-- in: eth type=0x8100 / hex 00070800
function process_packet(p)
  local vlan = p:data(packet_eth):data(packet_vlan)
  if not vlan then return NF_DROP end
  vlan.vid = 5
  error(tostring(vlan) .. " " .. tostring(vlan:data(packet_ip)), 0)
end

-- verdict 1-2: error packet_vlan offset 14 length 24 packet_ip offset 18 length 20
-- verdict 3-4: NF_DROP
-- verdict 5: error packet_vlan offset 14 length 4 nil
