-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The thesis' Ethernet in Lua: as printed, it is right for frames without a tag. What it adds to the places of type and data
-- in frames with one are bytes 28 and 32.
-- in: eth / ip ttl=7 / udp / text hello
-- in: eth / vlan vid=5 / ip / udp / text 0123456789
-- in: eth / vlan vid=5 / hex 00
function eth_policy(seg, type)
  return true
end

function eth_precalc(seg)
  local offset = {0,0,0,0,0}
  local length = {0,0,0,0,0}
  -- check if frame is vlan tagged according to IEEE 802.1Q
  if seg[12] == 0x81 and seg[13] == 0x00 then
    -- change offset of the type and data fields
    offset = {0,0,0,128,144}
    -- change length of the vlan field
    length = {0,0,32,0,0}
  end

  return offset,length
end

local eth_prot_buf = {
  name = "packet_eth_dyn",
  payload_field = "data",
  protocol_fields = {
    {"dmac", 0, 48, nil, nil},
    {"smac", 48, 48, nil, nil},
    {"vlan", 96, 0, nil, nil},
    {"type", 96, 16, nil, nil},
    {"data", 112, 0, nil, nil},
  },
  has_protocol = "eth_policy",
  get_field_changes = "eth_precalc"
}
register_dynamic_protbuf(eth_prot_buf)

function process_packet(p)
  local eth = p:data(packet_eth_dyn)
  if not eth then return NF_DROP end
  assert(tostring(eth:dmac():get()) == "020000000001" and tostring(eth.smac) == "020000000002")
  if #eth:vlan() == 4 then
    assert(tostring(eth.vlan) == "81000005" and eth:type():get_offset() == 28 and eth:data():get_offset() == 32)
    return NF_ACCEPT
  end
  local ip = eth:data(packet_ip)
  assert(eth:type():int() == 0x0800 and #eth.vlan == 0 and ip.ttl == 7)
  ip.ttl = 8
  eth:data(packet_ip):data(packet_udp).dport = 9
  return XT_CONTINUE
end

-- verdict 1: XT_CONTINUE
-- verdict 2: NF_ACCEPT
-- verdict 3: NF_DROP
-- out 1: eth / ip ttl=8 / udp dport=9 / text hello
-- out 2: same
