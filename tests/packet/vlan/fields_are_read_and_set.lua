-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Each field of a tag is read and set; checksums further in do not count it.
-- in: eth / vlan pcp=5 dei=1 vid=0xABC / ip / udp / text one
-- in: eth / vlan pcp=0 dei=0 vid=0 / ip6 / tcp / text one
function process_packet(p)
  local vlan = p:data(packet_eth):data(packet_vlan)
  if vlan.vid == 0 then
    assert(vlan.pcp == 0 and vlan.dei == 0 and vlan.type == 0x86DD)
  else
    assert(vlan.vid == 0xABC and vlan:pcp():get() == 5 and vlan.dei == 1 and vlan.type == 0x0800)
  end
  assert(#vlan == #p - 14 and #vlan:data() == #p - 18 and vlan:get_offset() == 14)
  vlan.pcp = 2
  vlan:dei():set(0)
  vlan.vid = 4095
  assert(not pcall(function() vlan.vid = 4096 end))
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out 1: eth / vlan pcp=2 dei=0 vid=4095 / ip / udp / text one
-- out 2: eth / vlan pcp=2 dei=0 vid=4095 / ip6 / tcp / text one
