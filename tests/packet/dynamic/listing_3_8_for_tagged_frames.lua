-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- The thesis' Ethernet in Lua, with what a tag adds corrected: type and data are 4 bytes further on.
-- in: eth / ip ttl=7 / udp / text hello
-- in: eth / vlan vid=5 / ip ttl=7 / udp / text hello
-- in: eth / vlan vid=5 / cut 17
local function eth_changes(frame)
  if frame[12] == 0x81 and frame[13] == 0x00 then return { 0, 0, 0, 32, 32 }, { 0, 0, 32, 0, 0 } end
  return { 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0 }
end

register_dynamic_protbuf {
  name = "packet_eth_dyn",
  payload_field = "data",
  protocol_fields = { { "dmac", 0, 48 }, { "smac", 48, 48 }, { "vlan", 96, 0 }, { "type", 96, 16 }, { "data", 112, 0 } },
  has_protocol = function(frame, id) return id == packet_ip and frame:type():int() == 0x0800 end,
  get_field_changes = eth_changes,
}

function process_packet(p)
  local eth = p:data(packet_eth_dyn)
  if not eth then return NF_DROP end
  assert(eth:data(packet_arp) == nil)
  local ip = eth:data(packet_ip)
  assert(eth:type():int() == 0x0800 and eth:type():get_offset() == 12 + #eth:vlan() and ip.ttl == 7)
  ip.ttl = #eth:vlan()
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 3: NF_DROP
-- out 1: eth / ip ttl=0 / udp / text hello
-- out 2: eth / vlan vid=5 / ip ttl=4 / udp / text hello
