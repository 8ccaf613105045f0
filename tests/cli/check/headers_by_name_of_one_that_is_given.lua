-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --object ip
function process_packet(p)
  p.ip.ttl = 9
  p.eth.smac = "02:00:00:00:00:01"
  return XT_CONTINUE
end
