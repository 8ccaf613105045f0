-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A protocol that is nil is a mistake, not a missing argument: the payload as bytes is :data() without any.
-- in 3 times: eth / ip / udp / text abc
local none = {}

function process_packet(p)
  n = (n or 0) + 1
  local eth = p:data(packet_eth)
  if n == 1 then eth:data(none.ip6):set(0) end
  if n == 2 then p:data(nil) end
  assert(#eth:data() == 31 and #p:data() == 45)
  return XT_CONTINUE
end

-- verdict 1: error data_of_nil_raises.lua:9: bad argument #1 to 'data' (nil is no protocol (is its name misspelt? the payload as bytes is :data() without argument))
-- verdict 2: error data_of_nil_raises.lua:10: bad argument #1 to 'data' (nil is no protocol (is its name misspelt? the payload as bytes is :data() without argument))
-- verdict 3: XT_CONTINUE
-- out: same
