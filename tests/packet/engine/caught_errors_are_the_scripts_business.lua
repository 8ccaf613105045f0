-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- pcall and xpcall catch errors; what the failed call had written stays written.
-- in: eth / ip / udp / text abc
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local ok, message = pcall(function()
    ip.ttl = 1
    ip.ttl = 256
  end)
  assert(not ok and message:find("errors?_.*lua:%d+: ttl: the value does not fit into 8 bits"), message)
  local _, handled = xpcall(function() error("x") end, function(m) return "handled " .. m:gsub("^.*: ", "") end)
  assert(handled == "handled x")
  ok, message = pcall(error, {code = 5})
  ip.id = message.code
  return NF_ACCEPT
end

-- verdict: NF_ACCEPT
-- out: eth / ip id=5 ttl=1 / udp / text abc
