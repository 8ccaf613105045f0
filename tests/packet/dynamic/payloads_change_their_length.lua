-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A payload that a script has described is replaced: what stands behind it moves, checksums and lengths around follow.
-- in: eth / ip / udp / hex 05 / text hello / hex e0e1
-- in: eth / ip / udp / hex 00e0e1
register_dynamic_protbuf {
  name = "packet_framed",
  payload_field = "body",
  protocol_fields = { { "size", 0, 8 }, { "body", 8, 0 }, { "trailer", 8, 16 }, { "rest", 24, 0 } },
  has_protocol = function() return true end,
  get_field_changes = function(v)
    local bits = v[0] * 8
    return { 0, 0, bits, bits }, { 0, bits, 0, 0 }
  end,
}
local sizes = { "", "a longer text", "x", "" }

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local framed, other = udp:data(packet_framed), udp:data(packet_framed)
  local body, trailer = framed:body(), framed:trailer()
  assert(#body == framed[0] and trailer:int() == 0xe0e1 and #framed:rest() == 0)
  for _, text in ipairs(sizes) do
    body:set(text)
    assert(body:get():string() == text and #body == #text)
    assert(trailer:int() == 0xe0e1 and trailer:get_offset() == 43 + #text and framed:trailer():int() == 0xe0e1)
    assert(framed:data():get():string() == text)
    framed.size = #text
    assert(udp:data(packet_framed):data():get():string() == text)
    assert(udp:data(packet_framed):trailer():int() == 0xe0e1)
  end
  assert(other:trailer():int() == 0xe0e1 and #other:body() == 0 and #other == #framed)
  udp:data(packet_framed):data():set("new")
  udp:data(packet_framed).size = 3
  udp:data():set("\3new\xe0\xe1")
  assert(udp:data(packet_framed):body():get():string() == "new")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip / udp / hex 03 / text new / hex e0e1
