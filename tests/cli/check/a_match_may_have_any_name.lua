-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- options: --object ip --match -f is_far
function is_far(p)
  if p.protocol == 17 then return p.ttl < 5 end
  return p:data(packet_ip).ttl
end
function process_packet(p) return p.ttl end
