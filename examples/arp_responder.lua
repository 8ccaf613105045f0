-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Answers ARP for the addresses of a network whose hosts are elsewhere, or nowhere, so that packets for them come to this machine:
--   arptables -A INPUT -i eth0 -j LUA --script arp_responder.lua
-- DEVICE and MAC are this machine's: as  ip link show eth0  tells. With ping_responder.lua the network seems to be there.
-- Try it, on another host of the same link:  arping -I eth0 198.51.100.9
local DEVICE, MAC = "eth0", "52:54:00:00:00:51"
local ours = set.new{ "198.51.100.0/24" }

local REQUEST <const>, REPLY <const> = 1, 2

local link = bytes.new(14) -- of the answers
local eth = bytes.to_packet(link, packet_eth)
eth.smac, eth.type = MAC, 0x0806

local function answer(arp)
  local new = arp:raw(0, 28):to_bytes()
  local reply = bytes.to_packet(new, packet_arp)
  reply.oper = REPLY
  reply.sha, reply.spa = MAC, arp.tpa
  reply.tha, reply.tpa = arp.sha, arp.spa
  bytes.to_packet(link, packet_eth).dmac = arp.sha
  local sent, why = nf.send{ new, dev = DEVICE, link = link }
  if not sent then nf.log("notice", arp.tpa, "is not answered for:", why) end
end

function process_packet(p)
  local arp = p.arp
  if not arp or arp.oper ~= REQUEST or not ours:has(arp:tpa()) or arp.spa == arp.tpa then return XT_CONTINUE end -- the last tells of itself
  answer(arp)
  return NF_DROP
end
