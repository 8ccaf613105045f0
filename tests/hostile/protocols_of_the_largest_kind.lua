-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- As many protocols as there may be, with as many fields as there is memory for; tables that lie are refused one after the other.
local huge = setmetatable({}, { __index = function() while true do end end, __len = function() while true do end end })
for i = 1, 80 do
  local fields = {}
  for f = 1, 255 do fields[f] = { "field_number_" .. f, 8 * f, 8, print, print } end
  pcall(register_dynamic_protbuf, { name = "packet_" .. i, protocol_fields = fields })
  pcall(register_dynamic_protbuf, huge)
  pcall(register_dynamic_protbuf, { name = "packet_x", protocol_fields = huge })
  pcall(register_dynamic_protbuf, { name = "packet_x", protocol_fields = { huge } })
end

function process_packet(p)
  while true do
    for id = #supported_protocols, 1, -1 do
      local v = p:data(id)
      if v then pcall(function() v.field_number_9 = v.field_number_7 end) end
    end
  end
end
