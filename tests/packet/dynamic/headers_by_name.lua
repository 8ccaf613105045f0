-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- p.name of a protocol that a script describes is the first one that has been found in the packet, or else what such headers carry, as
-- their has_protocol says; nothing else tells where one is. What is found is asked for no more; at most 16 are asked.
-- in: eth / ip / udp / hex 0102ffff / ip ttl=7 / udp / text hello
-- in 10 times: eth / ip / udp / hex 010201020102
local asked
local function shell(name, changes)
  register_dynamic_protbuf {
    name = name, payload_field = "data", protocol_fields = { { "kind", 0, 8 }, { "data", 8, 0 } },
    has_protocol = function(v, id)
      asked[#asked + 1] = supported_protocols[id] .. " in " .. name
      if v.kind[0] == 9 then error "on purpose" end
      return id == (v.kind[0] == 1 and packet_inner or v.kind[0] == 2 and tail)
    end,
    get_field_changes = changes,
  }
end
shell "packet_outer"
shell "packet_inner"
shell("broken", function() return { 0, 1 << 20 }, { 0, 0 } end)
shell("raises", function() error "on purpose" end)
register_dynamic_protbuf {
  name = "tail", payload_field = "rest", protocol_fields = { { "mark", 0, 16 }, { "rest", 16, 0 } },
  has_protocol = function(_, id) return id == packet_ip end,
}

function process_packet(p)
  n = (n or 0) + 1
  asked = {}
  local udp = p.udp
  assert(p.outer == nil and p.inner == nil and p.tail == nil and #asked == 0)
  if n == 3 then
    assert(udp:data(broken) == nil and p.broken == nil)
    assert(not pcall(udp.data, udp, raises) and p.raises == nil)
  end
  if n == 4 then p.outer = 1 end
  if n == 5 then return p.packet_outer end
  local outer = udp:data(packet_outer)
  assert(p.outer:get_offset() == 42 and p.outer.kind[0] == 1 and #asked == 0)
  if n == 6 then
    outer.kind = 9
    return p.inner
  end
  if n == 7 then
    for i = 1, 20 do udp:data():data(packet_outer) end
    assert(p.tail == nil and #asked == 16 and p.outer:get_offset() == 42)
  end
  if n == 8 then
    p.ip.protocol = 136
    assert(p.outer == nil and p.inner == nil and p.udplite)
    p.ip.protocol = 17
  end
  if n > 2 then return XT_CONTINUE end
  assert(p.inner:get_offset() == 43 and table.concat(asked, ",") == "packet_inner in packet_outer")
  assert(p.tail:get_offset() == 44 and table.concat(asked, ",", 2) == "tail in packet_outer,tail in packet_inner")
  assert(p.tail.mark[0] == p:raw(44, 1)[0] and p.inner:data(packet_outer) == nil and #asked == 4)
  p.tail.mark = 7
  if n == 1 then p.tail:rest(packet_ip).ttl = 8 end
  assert(p.ip.ttl == 64 and p.udp.dport == 5678)
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- verdict 4: error headers_by_name.lua:36: a header cannot be assigned: assign its fields, p.outer.field = value
-- verdict 5: error headers_by_name.lua:37: a packet has no 'packet_outer': did you mean 'outer'?
-- verdict 6: error headers_by_name.lua:12: on purpose
-- out 1: eth / ip / udp / hex 01020707 / ip ttl=8 / udp / text hello
-- out 2: eth / ip / udp / hex 010207070102
-- out 3, 7-11: same
