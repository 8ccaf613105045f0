-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A protocol of a script lies in one of the engine's, in another script's, and carries both; its has_protocol decides.
-- in: eth / ip / udp / hex 0102ffff / ip ttl=7 / udp / text hello
local asked = {}
local function shell(name)
  register_dynamic_protbuf {
    name = name, payload_field = "data", protocol_fields = { { "kind", 0, 8 }, { "data", 8, 0 } },
    has_protocol = function(v, id)
      asked[#asked + 1] = supported_protocols[id] .. " in " .. name .. " " .. v:kind():int()
      return id == (v[0] == 1 and packet_inner or v[0] == 2 and packet_tail)
    end,
  }
end
shell "packet_outer"
shell "packet_inner"
register_dynamic_protbuf {
  name = "packet_tail", payload_field = "rest", protocol_fields = { { "mark", 0, 16 }, { "rest", 16, 0 } },
  has_protocol = function(_, id) return id == packet_ip end,
}

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local outer = udp:data(packet_outer)
  assert(outer:data(packet_tail) == nil and outer:data(packet_ip) == nil and outer:data(packet_raw))
  local tail = outer:data(packet_inner):data(packet_tail)
  assert(tail.mark[0] == 255 and tail:rest():get_offset() == 46 and tail:data(packet_udp) == nil)
  assert(tail:rest(packet_ip).ttl == 7 and #asked == 4)
  local inner = tail:data(packet_ip):data(packet_udp)
  assert(inner:data():get():string() == "hello")
  inner.dport = 77
  tail:data(packet_ip).ttl = 8
  assert(p:data(packet_eth):data(packet_ip):data(packet_outer) == nil, "ip carries what it says")
  assert(p:data(packet_eth):data(packet_ip):data():data(packet_outer), "bytes are what is asked for")
  return XT_CONTINUE
end

-- verdict: XT_CONTINUE
-- out: eth / ip / udp / hex 0102ffff / ip ttl=8 / udp dport=77 / text hello
