-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Functions of a protocol that call themselves, yield, register, keep what they get, or take the header away: all of that
-- ends in an error, or does no harm.
-- in 3 times: eth / ip / udp / text 0123456789
local act, kept, array = function() end, nil, nil
local function make(name)
  register_dynamic_protbuf {
    name = name,
    payload_field = "data",
    protocol_fields = { { "a", 0, 8, function(a) return act("get", a) end, function(a, x) return act("set", a, x) end },
      { "data", 8, 0 } },
    has_protocol = function(v, id) return act("may", v, id) end,
    get_field_changes = function(v) act("where", v) return { 0, 0 }, { 0, 0 } end,
  }
end
make "packet_t"
make "packet_s"

local payload -- of the next one: a setter replaces it, and the field is behind it
register_dynamic_protbuf {
  name = "packet_tail",
  payload_field = "body",
  protocol_fields = { { "body", 0, 16 }, { "tail", 16, 8, nil, function(a, x) payload:set("longer") a[0] = x end } },
  has_protocol = function() return false end,
}

local function raises(f, text, ...)
  local ok, why = pcall(f, ...)
  assert(not ok and tostring(why):find(text, 1, true), why)
end

function process_packet(p)
  if kept then raises(function() return kept.a end, "packet is gone") end
  if array then raises(function() return array[0] end, "packet is gone") end
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local function get() return udp:data(packet_t) end

  act = function() return udp:data(packet_t) end
  raises(get, "C stack overflow")
  act = function(what, v) if what == "may" then return v:data(packet_s) end end
  raises(function() get():data(packet_s) end, "C stack overflow")
  act = function(what) if what == "get" then return udp:data(packet_t).a end end
  raises(function() return get().a end, "C stack overflow")
  act = function() coroutine.yield() end
  raises(get, "attempt to yield")
  raises(coroutine.wrap(get), "attempt to yield")
  act = function() make "packet_u" end
  raises(get, "protocols are registered while the script loads")
  assert(rawget(_G, "packet_u") == nil)
  act = function(what, v)
    if what == "where" then kept = v else array = v end
  end
  assert(get() == kept and kept.a == nil)

  act = function(what) if what == "set" then udp:data():set("other and longer") end end
  raises(function() get().a = 1 end, "its setter has changed the packet's length")
  local tail = udp:data(packet_tail)
  payload = tail:data()
  raises(function() tail.tail = 1 end, "its setter has changed the packet's length")
  udp:data():set("0123456789")
  act = function(what) if what == "may" then udp:data():set("0123456789") return true end end
  raises(function() get():data(packet_s) end, "packet_t is gone")
  act = function(what, a, x) if what == "set" then a[0] = x error("late") end end
  raises(function() get().a = 1 end, "late")
  assert(get():a():int() == 0x30)
  act = function(what, a, x) if what == "set" then a[0] = x end end
  get().a = 0x31
  act = function(what) if what == "may" then return true end end
  local t = get()
  for _ = 1, 40 do t = t:data() and t:data(packet_s) or t end
  assert(t:get_offset() == 51 and #t == 1)
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip / udp / text 1123456789
