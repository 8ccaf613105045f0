-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: -f process_packet
function process_packet(p)
  local ct = p:ct()
  if ct and ct:state() == "new" and ct:original():saddr() == "10.0.0.1" and ct:is("assured") then ct:mark(8) end
  ct:mark(-1)
  ct:mark("x")
  ct:is("asured")
  ct:stat()
  ct:reply():port()
  nf.nat(p, "10.0.0.5")
  nf.nat{ dnat = "10.0.0.5" }
  nf.nat(p.ip, { dnat = "10.0.0.5" })
  return XT_CONTINUE
end
