local other = { [5] = 6, [6] = 5 }
local seen = {}

function retag(p)
  local eth = p:data(packet_eth)
  local vlan = eth:data(packet_vlan)
  if not vlan then return XT_CONTINUE end
  local ip = vlan:data(packet_ip) or vlan:data(packet_ip6)
  if not ip or eth.type ~= 0x8100 then return NF_DROP end
  if not seen[vlan.vid] then
    seen[vlan.vid] = true
    print(vlan.vid, vlan.pcp, vlan.type, p:get_size() - ip:get_size())
  end
  vlan.vid = other[vlan.vid]
  vlan.pcp = 3
  return XT_CONTINUE
end

function untag(p)
  local eth = p:data(packet_eth)
  local vlan = eth:data(packet_vlan)
  if vlan then eth.type = vlan.type end
  return XT_CONTINUE
end
