-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Pings that a rule of iptables takes have a DSCP of their own, 10, which the next rule looks for.
function rule(p)
  if p.ip then p.ip.tos = 10 << 2 end
  return XT_CONTINUE
end
