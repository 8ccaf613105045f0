-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A table that describes no protocol says which of its entries is wrong, and why; and nothing is there of it afterwards.
-- in: eth / ip / udp / text abcd
local NAME, FIELDS = "packet_new", { { "first", 0, 8 }, { "rest", 8, 0 } }
local function yes() return true end

-- The table: right but for what is given; NONE takes an entry away.
local NONE = {}
local function with(changes)
  local t = { name = NAME, payload_field = "rest", protocol_fields = FIELDS, has_protocol = yes }
  for key, value in pairs(changes) do t[key] = value ~= NONE and value or nil end
  return t
end
local function field(...) return with{ protocol_fields = { { "a", 0, 8 }, { ... }, { "rest", 64, 0 } } } end

local wrong = {
  { 5, "bad argument #1 to 'register_dynamic_protbuf' (table expected, got number)" },
  { with{ name = NONE }, "name has to be a string, not nil" },
  { with{ name = 5 }, "name has to be a string, not number" },
  { with{ name = "" }, "name is no name of at most 40 letters, digits and '_'" },
  { with{ name = "a-b" }, "name is no name of" },
  { with{ name = "9a" }, "name is no name of" },
  { with{ name = "a\0b" }, "name is no name of" },
  { with{ name = ("a"):rep(41) }, "name is no name of" },
  { with{ name = "packet_udp" }, "there is a protocol packet_udp already" },
  { with{ name = "print" }, "name: 'print' is in use already" },
  { with{ nmae = "x" }, "a protocol has no 'nmae' (there are name, payload_field, protocol_fields, has_protocol, get_field_changes)" },
  { with{ [1] = "x" }, "a protocol has no '1' (there are" },
  { with{ protocol_fields = NONE }, "protocol_fields has to be a table of fields, not nil" },
  { with{ protocol_fields = "x" }, "protocol_fields has to be a table of fields, not string" },
  { with{ protocol_fields = {} }, "protocol_fields has to have from 1 to 255 fields, not 0" },
  { with{ protocol_fields = table.pack(string.byte(("x"):rep(200), 1, 200)) }, "field 1 has to be a table { name, bit_offset, bit_length, getter, setter }, not number" },
  { with{ payload_field = 5 }, "payload_field has to be a string, not number" },
  { with{ payload_field = "a b" }, "payload_field is no name of" },
  { with{ payload_field = "other" }, "payload_field: 'other' is none of protocol_fields" },
  { with{ has_protocol = NONE }, "has_protocol is missing: a function (view, protocol) that says whether the payload may be of that protocol" },
  { with{ has_protocol = 5 }, "has_protocol has to be a function or the name of one, not number" },
  { with{ has_protocol = "nowhere" }, "has_protocol: there is no global function 'nowhere' (define it before the protocol)" },
  { with{ has_protocol = "bytes" }, "has_protocol: there is no global function 'bytes'" },
  { with{ get_field_changes = true }, "get_field_changes has to be a function or the name of one, not boolean" },
  { with{ get_field_changes = "nowhere" }, "get_field_changes: there is no global function 'nowhere'" },
  { field(), "field 2: its name has to be a string, not nil" },
  { field(7, 0, 8), "field 2: its name has to be a string, not number" },
  { field("a b", 0, 8), "field 2: its name is no name of" },
  { field("get", 0, 8), "field 'get': views have a method of that name (only the payload_field may be 'data')" },
  { field("data", 0, 8), "field 'data': views have a method of that name" },
  { field("a", 8, 8), "field 'a' is there twice" },
  { field("b"), "field 'b': its offset has to be an integer, in bits, not nil" },
  { field("b", "8", 8), "field 'b': its offset has to be an integer, in bits, not string" },
  { field("b", -1, 8), "field 'b': its offset is -1 bits, which is not from 0 to" },
  { field("b", 1 << 40, 8), "field 'b': its offset is 1099511627776 bits, which is not from 0 to" },
  { field("b", 0), "field 'b': its length has to be an integer, in bits, not nil" },
  { field("b", 0, -8), "field 'b': its length is -8 bits, which is not from 0 to" },
  { field("b", 0, math.maxinteger), "field 'b': its length is 9223372036854775807 bits" },
  { field("b", 500000, 500000), "field 'b' ends at bit 1000000, behind the end of any packet" },
  { field("b", 3, 0), "field 'b' has to begin and end with a byte: it has no length of its own" },
  { field("b", 3, 66), "field 'b' has 66 bits: what does not begin and end with a byte may have" },
  { with{ protocol_fields = { { "rest", 4, 8 } } }, "field 'rest' has to begin and end with a byte: it is the payload" },
  { field("b", 0, 8, 5), "field 'b': its getter has to be a function or the name of one, not number" },
  { field("b", 0, 8, "nowhere"), "field 'b': its getter: there is no global function 'nowhere' (define it before the protocol)" },
  { field("b", 0, 8, nil, {}), "field 'b': its setter has to be a function or the name of one, not table" },
  { field("b", 0, 8, yes, "nowhere"), "field 'b': its setter: there is no global function 'nowhere'" },
  { with{ protocol_fields = { { "rest", 0, 0, yes } } }, "field 'rest': its getter: the payload is read and written with :data()" },
}

local before = #supported_protocols
for i, case in ipairs(wrong) do
  local works, message = pcall(register_dynamic_protbuf, case[1])
  assert(not works, i .. " is registered")
  assert(message:find(case[2], 1, true), i .. ": " .. message)
  assert(#supported_protocols == before and rawget(_G, NAME) == nil, i .. " leaves something")
end
register_dynamic_protbuf(with{})
assert(#supported_protocols == before + 1)

function process_packet(p)
  local new = p:data(packet_eth):data(packet_ip):data(packet_udp):data(packet_new)
  return new and new:data():get():string() == "bcd" and NF_DROP or NF_ACCEPT
end

-- verdict: NF_DROP
