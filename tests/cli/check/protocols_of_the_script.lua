-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A protocol that the script describes is one; others of such names are misspelt.
local function may_be(_, id) return id == packet_ip end

function where() return { 0, 0 }, { 0, 0 } end

register_dynamic_protbuf {
  name = "packet_note", payload_field = "data",
  protocol_fields = { { "kind", 0, 8 }, { "data", 8, 0 } },
  has_protocol = may_be, get_field_changes = "where",
}

function process_packet(p)
  local note = p:data(packet_note)
  local ip = note and note:data(packet_ip) or p:data(packet_ipp)
  if ip and note.kind == 7 then return NF_DROP end
  return XT_CONTINUE
end
