-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops the packet, and sends one of its own with the same payload.
local head = bytes.new(20)
local new = bytes.to_packet(head, packet_ip)
new.version, new.ihl, new.ttl, new.protocol = 4, 5, 64, 17

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  new.saddr, new.daddr = ip:saddr():int(), ip:daddr():int()
  nf.send{ head, ip:data():get() }
  return NF_DROP
end
