-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A metatable with __gc is refused; variables that are closed work.
-- in 2 times: eth / ip / udp
n = 0
function process_packet(p)
  n = n + 1
  local ip = p:data(packet_eth):data(packet_ip)
  do
    local closed <close> = setmetatable({}, {__close = function() ip.ttl = 44 end})
  end
  assert(ip.ttl == 44)
  if n == 1 then return NF_ACCEPT end
  setmetatable({}, {__gc = function() end})
end

-- verdict 1: NF_ACCEPT
-- verdict 2: error finalizers_are_refused.lua:13: '__gc' is not available to scripts
-- out: eth / ip ttl=44 / udp
