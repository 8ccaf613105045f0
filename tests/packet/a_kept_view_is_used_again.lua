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
