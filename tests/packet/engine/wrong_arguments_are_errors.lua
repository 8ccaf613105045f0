-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Methods called with what they do not take.
-- wrong checksums: 1
-- in 9 times: eth / ip / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  n = (n or 0) + 1
  if n == 1 then ip:ttl():set("x") end
  if n == 2 then ip:ttl():set() end
  if n == 3 then ip:ttl():set({}) end
  if n == 4 then p:raw(1) end
  if n == 5 then p:raw("a", 1) end
  if n == 6 then ip.ttl() end
  if n == 7 then p.data({}) end
  if n == 8 then ip:ttl():raw(0, 1):set(9) return NF_ACCEPT end
  ip:options():int()
end

-- verdict 1: error wrong_arguments_are_errors.lua:8: bad argument #1 to 'set' (number expected, got string)
-- verdict 2: error wrong_arguments_are_errors.lua:9: bad argument #1 to 'set' (number expected, got no value)
-- verdict 3: error wrong_arguments_are_errors.lua:10: bad argument #1 to 'set' (number expected, got table)
-- verdict 4: error wrong_arguments_are_errors.lua:11: bad argument #2 to 'raw' (number expected, got no value)
-- verdict 5: error wrong_arguments_are_errors.lua:12: bad argument #1 to 'raw' (number expected, got string)
-- verdict 6: error wrong_arguments_are_errors.lua:13: attempt to call a number value (field 'ttl')
-- verdict 7: error wrong_arguments_are_errors.lua:14: bad argument #1 to 'data' (packet object expected, got table)
-- verdict 8: NF_ACCEPT
-- verdict 9: error wrong_arguments_are_errors.lua:16: options is not an integer
-- out: eth / ip ttl=9 check=0x5498 / udp / text abc
