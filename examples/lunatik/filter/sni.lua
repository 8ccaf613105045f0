-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Connections to servers of these names do not come about: https.c, an XDP program, hands over each packet to port 443, and says
-- where the TLS record in it begins.
--   lunatik run examples/filter/sni false
--   ip link set dev eth0 xdpgeneric object https.o section xdp
local xdp = require("xdp")
local tls = require("examples.filter.tls")

local blocked = { ["ebpf.io"] = true }
local action = xdp.action

xdp.attach(function(buffer, argument)
  local name = tls.name(buffer, argument:getuint16(0))
  if not name then return action.PASS end
  local verdict = blocked[name] and "DROP" or "PASS"
  print("filter_sni: " .. name .. " " .. verdict)
  return action[verdict]
end)
