-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- An error in the handler has file and line.
-- in 7 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  if n == 1 then error("raised here") end
  if n == 2 then
    return missing.field
  end
  if n == 3 then return p:no_such_method() end
  if n == 4 then assert(false, "asserted") end
  if n == 5 then assert(nil) end
  if n == 6 then return 1 + {} end
  return p:data(packet_eth):data(packet_ip):data(packet_tcp):dport():get()
end

-- verdict 1: error errors_name_their_line.lua:7: raised here
-- verdict 2: error errors_name_their_line.lua:9: attempt to index a nil value (global 'missing')
-- verdict 3: error errors_name_their_line.lua:11: a packet has no 'no_such_method': neither a protocol of
--   supported_protocols nor a method is called so
-- verdict 4: error errors_name_their_line.lua:12: asserted
-- verdict 5: error errors_name_their_line.lua:13: assertion failed!
-- verdict 6: error errors_name_their_line.lua:14: attempt to perform arithmetic on a table value
-- verdict 7: error errors_name_their_line.lua:15: attempt to index a nil value
