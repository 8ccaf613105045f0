-- SPDX-License-Identifier: MIT OR GPL-2.0-only
local helpers = {}
defined_there = NF_ACCEPT

function helpers.verdict(ip)
  return ip.ttl == "5" and math.sqrt(4)
end

return helpers
