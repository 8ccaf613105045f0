-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops the packet, and sends one of its own with the same payload.
local head = bytes.new(20)
local new = bytes.to_packet(head, packet_ip)
new.version, new.ihl, new.ttl, new.protocol = 4, 5, 64, 17
local parts = { head, "" }   -- made once: a table for each packet would be garbage

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local from, to = ip:saddr():int(), ip:daddr():int()
  parts[2] = ip:data():get()
  new.saddr, new.daddr = from, to
  nf.send(parts)
  return NF_DROP
end
