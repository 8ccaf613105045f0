-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Pings that this machine sends have a TTL of their own, so that it can be seen whether a script has had them.
function guard(ip)
  if ip.icmp then ip.ttl = 42 end
  return XT_CONTINUE
end
