-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Whatever get_field_changes adds: fields that are not all within the view make no header, and none reaches beyond it.
-- in: eth / ip / udp / text 0123456789
local offset, length, wrong = 0, 0, nil
register_dynamic_protbuf {
  name = "packet_t",
  payload_field = "data",
  protocol_fields = { { "a", 0, 8 }, { "bits", 12, 4 }, { "data", 16, 0 } },
  has_protocol = function() return true end,
  get_field_changes = function()
    if wrong then return wrong() end
    return { offset, 0, 0, "more are ignored" }, { length, 0, 0 }
  end,
}
register_dynamic_protbuf { name = "packet_ends", protocol_fields = { { "a", 0, 64 }, { "b", 64, 16 }, { "end", 80, 0 } } }
register_dynamic_protbuf { name = "packet_long", protocol_fields = { { "a", 0, 88 } } }
local huge = { math.mininteger, -1 << 62, -(1 << 61), -(1 << 60) - 1, -1 << 32, -(1 << 32) - 1, -1 << 31, -73, -9, -1, 1 << 29,
  1 << 31, 1 << 32, (1 << 32) + 8, 1 << 60, 1 << 61, (1 << 61) + 8, 1 << 62, math.maxinteger, math.maxinteger - 7, 524280 }

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  for _, o in ipairs(huge) do
    offset, length = o, 0
    assert(udp:data(packet_t) == nil, o)
    for l = -8, 72, 8 do
      length = l
      assert(udp:data(packet_t) == nil, o)
    end
    offset, length = 0, o
    assert(o == -1 or udp:data(packet_t) == nil, o)
  end
  for o = 0, 88, 4 do
    for l = -8, 88, 4 do
      offset, length = o, l
      local t = udp:data(packet_t)
      assert((t ~= nil) == (o + 8 + l <= 80), o .. " " .. l)
      if t and l == -8 then assert(#t:a() == (o % 8 == 0 and 0 or 1)) end
      if t and o % 8 == 0 and l % 8 == 0 then assert(t:a():get():string() == ("0123456789"):sub(o // 8 + 1, (o + l) // 8 + 1)) end
    end
  end
  local ends = udp:data(packet_ends)
  assert(#ends["end"] == 0 and udp:data(packet_long) == nil and p:data(packet_long))
  local function raises(f, text)
    wrong = f
    local ok, why = pcall(udp.data, udp, packet_t)
    wrong = nil
    assert(not ok and why:find(text, 1, true), why)
  end
  raises(function() end, "has to return two tables, offsets and lengths, not nil and nil")
  raises(function() return {} end, "not table and nil")
  raises(function() return { 0, 0 }, { 0, 0, 0 } end, "offsets has to have an integer for each of 3 fields, but at 3 is nil")
  raises(function() return { 0, 0, 0 }, { 0, 0, "0" } end, "lengths has to have an integer for each of 3 fields, but at 3 is string")
  raises(function() return setmetatable({}, { __index = function() return 0 end }), {} end, "at 1 is nil")
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: same
