-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Drops the packet, and sends 60,000 bytes with its addresses, of which the device is to make packets of 1,400.
local head, ports = bytes.new(20), bytes.new(8)
local new = bytes.to_packet(head, packet_ip)
new.version, new.ihl, new.ttl, new.protocol = 4, 5, 64, 17
ports:u16(0, 2000)
ports:u16(2, 7)

local function lent()
  local t = shared.table "lent"
  t.k = bytes.new(60000)
  return { t, "k", 0, 60000 }
end
local parts = { head, ports, 'PAYLOAD', segment = 1400 }

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return NF_DROP end
  local from, to = ip:saddr():int(), ip:daddr():int()
  new.saddr, new.daddr = from, to
  local sent, why = nf.send(parts)
  if not sent then error(why) end
  return NF_DROP
end
