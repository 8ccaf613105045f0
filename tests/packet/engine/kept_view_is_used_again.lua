-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- A kept view becomes usable again when the same kind of view is made of a later packet: then it is one of that packet.
-- in: eth / ip saddr=192.0.2.1 / udp / text a
-- in: eth / ip saddr=192.0.2.2 / udp / text b
-- in: eth / arp
local kept
function process_packet(p)
  local eth = p:data(packet_eth)
  if kept then
    assert(not pcall(function() return kept.saddr end))
  end
  local ip = eth:data(packet_ip)
  if not ip then return kept.ttl end
  kept = kept or ip
  assert(kept == ip)
  kept.ttl = kept:saddr():int() & 255
  return NF_ACCEPT
end

-- verdict 1-2: NF_ACCEPT
-- verdict 3: error kept_view_is_used_again.lua:13: packet is gone (views last as long as the handler runs; keep what :to_bytes() gives)
-- out 1: eth / ip saddr=192.0.2.1 ttl=1 / udp / text a
-- out 2: eth / ip saddr=192.0.2.2 ttl=2 / udp / text b
