-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- data() with what is no protocol raises.
-- in 7 times: eth / ip / udp
function process_packet(p)
  n = (n or 0) + 1
  local what = ({99, #supported_protocols + 1, -1, math.maxinteger, "packet_ip", {}, 1 << 32})[n]
  return p:data(packet_eth):data(what) and NF_ACCEPT
end

-- verdict 1-4, 7: error unknown_protocols_are_errors.lua:7: bad argument #1 to 'data' (no such protocol)
-- verdict 5: error unknown_protocols_are_errors.lua:7: bad argument #1 to 'data' (number expected, got string)
-- verdict 6: error unknown_protocols_are_errors.lua:7: bad argument #1 to 'data' (number expected, got table)
