-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Arrays of their own memory are seen as protocols that a script describes: fields, getters and setters, field changes, payloads. The
-- packet that is being handled is itself meanwhile, also in these functions.
-- in 3 times: eth / ip / udp / hex 0201aabb0102030405
local packet, made
function u16(a) return a[0] << 8 | a[1] end
function set_u16(a, x)
  if packet then assert(packet.udp.dport == 5678 and made.kind == 7) end
  a[0], a[1] = x >> 8, x & 255
end
register_dynamic_protbuf {
  name = "packet_note", payload_field = "body",
  protocol_fields = {
    { "skip", 0, 8 }, { "kind", 8, 8, function(a) return a[0] end, function(a, x) a[0] = x end },
    { "author", 16, 16, "u16", "set_u16" }, { "flag", 32, 1 }, { "rest", 33, 7 }, { "body", 40, 0 },
  },
  has_protocol = function(v, id)
    if packet then assert(packet.udp.dport == 5678) end
    if v.kind == 9 then error "no such kind" end
    return v.kind == 4 and id == packet_ip or id == packet_letter
  end,
  get_field_changes = function(v)
    if packet then assert(packet.udp.dport == 5678 and made.author == 0x1234) end
    local n = 8 * v[0]
    return { 0, n, n, n, n, n }, { n, 0, 0, 0, 0, 0 }
  end,
}
register_dynamic_protbuf { name = "packet_letter", protocol_fields = { { "a", 0, 8 }, { "all", 0, 0 } } }

local array = bytes.new(40)
made = bytes.to_packet(array, packet_note)
made.kind, made.author, made.flag, made.rest = 7, 0x1234, 1, 65
assert(array:u32(0) == 0x00071234 and array[4] == 0xC1)

function process_packet(p)
  n, packet = (n or 0) + 1, p
  assert(made.kind == 7 and made.author == 0x1234 and made.flag == 1 and made.rest == 65 and made:author():int() == 0x1234)
  assert(made:data():get_offset() == 5 and #made:data() == 35 and made:data(packet_ip) == nil and made:author():get() == 0x1234)

  local a = p.udp:data():to_bytes()
  local own, far = bytes.to_packet(a, packet_note), p.udp:data(packet_note)
  assert(#own.skip == 3 and own.kind == 0xBB and own.author == 0x0102 and own.rest == 3 and far.author == 0x0102)
  own.author = 0xFFFE
  own.flag = 1
  own:rest():set(5)
  own.skip = bytes.new(3)
  assert(a:u16(4) == 0xFFFE and far.author == 0x0102 and a[6] == 0x85 and a:u16(0) == 0 and own.kind == 0xBB and far.kind == 0xBB)
  assert(not pcall(function() own.rest = 128 end) and not pcall(function() own.skip = "abcd" end) and own.rest == 5)
  assert(tostring(own) == "packet_note offset 0 length 9" and tostring(own:kind()) == "packet_note.kind offset 3 length 1")
  assert(own:data(packet_letter).a[0] == 4 and own:body(packet_letter):get_offset() == 7)

  -- nested both ways, again and again: what is there already is found again, and its fields are where they are now
  local head = bytes.to_packet(array, packet_note)
  head.kind = 4
  array[5], array[5 + 9], array:slice(5, 35)[3] = 0x45, 17, 30
  for i = 1, 50 do
    local ip = head:data(packet_ip)
    assert(ip.protocol == 17 and ip.ihl == 5 and ip:data(packet_note) == nil)
    local inner = ip:data():data(packet_note)
    array[25] = i & 1
    assert(ip:data():data(packet_note).kind == array[26 + (i & 1)] and inner.skip[0] == i & 1)
    assert(#head:data(packet_letter).all == 35 and head:data():data(packet_letter).a[0] == 0x45)
  end
  head.kind = 7
  assert(bytes.to_packet(bytes.new(4), packet_note) == nil and p.udp.dport == 5678)
  a[0] = 8
  assert(own:data():data(packet_note) == nil and bytes.to_packet(a, packet_note) == nil)

  if n == 3 then kept.kind = 0xBB end
  kept, own, head, far, a = kept or own, nil, nil, nil, nil
  collectgarbage()
  local filler = {}
  for i = 1, 100 do filler[i] = bytes.new(200) end
  assert(kept.author == 0xFFFE and kept.kind == 0xBB and kept:data(packet_letter).a[0] == 4 and p.ip.ttl == 64)
  if n == 2 then
    kept.kind = 9
    return kept:data(packet_ip)
  end
  packet = nil
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 2: error arrays_are_packets.lua:19: no such kind
-- out: same
