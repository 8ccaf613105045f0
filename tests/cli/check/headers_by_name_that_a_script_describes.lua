-- SPDX-License-Identifier: MIT OR GPL-2.0-only
for _, name in ipairs { "packet_note", "letter" } do
  register_dynamic_protbuf { name = name, protocol_fields = { { "kind", 0, 8 } } }
end
register_dynamic_protbuf { name = "packet_memo", protocol_fields = { { "kind", 0, 8 } } }
function process_packet(p)
  if p.memo and p.memo.kind[0] == 4 then return NF_DROP end
  if p.note and p.letter then return NF_DROP end
  p.memo = 1
  if p.udpp then return NF_DROP end
  return XT_CONTINUE
end
