-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An error that one C function raises which another has called has the line of the script all the same.
-- in 4 times: eth / ip / udp / text abc
local n = 0

function process_packet(p)
  n = n + 1
  local udp = p:data(packet_eth):data(packet_ip):data(packet_udp)
  local range = udp:data():raw(0, 3)
  if n == 1 then string.gsub("x", ".", string.rep) end
  udp:data():set("x")
  if n == 2 then return tostring(range) end
  if n == 3 then table.sort({ 3, 2, 1 }, setmetatable) end
  string.gsub("x", "x", { x = p, __index = error }, error)
  return XT_CONTINUE
end

-- verdict 1: error errors_below_c_functions_name_their_line.lua:10: bad argument #2 to 'string.rep' (number expected, got no value)
-- verdict 2: error errors_below_c_functions_name_their_line.lua:12: these bytes are gone: the packet has got another length
--   since (get them anew)
-- verdict 3: error errors_below_c_functions_name_their_line.lua:13: bad argument #1 to 'setmetatable' (table expected, got number)
-- verdict 4: error errors_below_c_functions_name_their_line.lua:14: bad argument #4 to 'gsub' (number expected, got function)
