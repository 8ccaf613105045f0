-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Ethernet described in Lua, VLAN tags of 802.1Q included: a TTL below 2 is raised, in frames with a tag and without one. On a bridge:
--   iptables -t mangle -A FORWARD -j LUA --script ethernet.lua
-- Try it with a capture:  packetscript run ethernet.lua capture.pcap -v
-- ethernet_as_printed.lua is the description that the thesis on PacketScript prints.

-- The payload is what the type says.
local function may_be(frame, protocol)
  return protocol == packet_ip and frame:type():int() == 0x0800
end

-- What a tag adds to places and lengths, in bits, for each field.
local none, tag_offsets, tag_lengths = { 0, 0, 0, 0, 0 }, { 0, 0, 0, 32, 32 }, { 0, 0, 32, 0, 0 }
local function changes(frame)
  if frame[12] == 0x81 and frame[13] == 0x00 then return tag_offsets, tag_lengths end
  return none, none
end

register_dynamic_protbuf {
  name = "packet_frame",
  payload_field = "data",
  protocol_fields = {
    { "dmac", 0, 48 },
    { "smac", 48, 48 },
    { "vlan", 96, 0 },  -- 4 bytes in a frame with a tag
    { "type", 96, 16 },
    { "data", 112, 0 }, -- to the end
  },
  has_protocol = may_be,
  get_field_changes = changes,
}

function process_packet(p)
  local frame = p:data(packet_frame)
  local ip = frame and frame:data(packet_ip)
  if ip and ip.ttl < 2 then ip.ttl = 2 end
  return XT_CONTINUE
end
