-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Errors in functions of a protocol have the line where they were raised.
-- in 5 times: eth / ip / udp / text 0123456789
local n = 0
local function fails(which)
  return function(v)
    if n == which then return v + 1 end
    return n ~= 1 and { 0, 0, 0 }, { 0, 0, 0 }
  end
end
register_dynamic_protbuf {
  name = "packet_t",
  payload_field = "data",
  protocol_fields = { { "a", 0, 8, fails(2), fails(3) }, { "b", 8, 8 }, { "data", 16, 0 } },
  has_protocol = fails(4),
  get_field_changes = fails(0),
}

function process_packet(p)
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local now = n
  n = 9
  local t = udp:data(packet_t)
  n = now
  n = n + 1
  if n == 2 then return t.a end
  if n == 3 then t.a = 5 end
  if n == 4 then t:data(packet_ip) end
  if n == 5 then t.b = 256 end
  return udp:data(packet_t) and NF_ACCEPT
end

-- verdict 1: error errors_name_their_line.lua:30: get_field_changes of packet_t has to return two tables, offsets and lengths, not boolean and table
-- verdict 2: error errors_name_their_line.lua:7: attempt to perform arithmetic on a bytes value (local 'v')
-- verdict 3: error errors_name_their_line.lua:7: attempt to perform arithmetic on a bytes value (local 'v')
-- verdict 4: error errors_name_their_line.lua:7: attempt to perform arithmetic on a packet_t value (local 'v')
-- verdict 5: error errors_name_their_line.lua:29: b: 256 is not a byte (0 to 255), which fills the field; a setter would give it another meaning
