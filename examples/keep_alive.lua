-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Pings a peer each second, keeps a way through address translation open by that, and tells when the peer does not answer any more, and
-- when it does again. The rule has the answers come here:
--   iptables -t mangle -A INPUT -p icmp --icmp-type echo-reply -j LUA --script keep_alive.lua
-- Try it:  take the peer's cable out, and look at the log.
local SELF, PEER = "10.0.0.1", "10.0.0.2"
local EVERY, MISSES = 1000, 3 -- milliseconds; so many without an answer, and the peer is gone
local ID = nf.get_random() & 0xFFFF -- tells our answers from those of others

local sequence, missed, is_up = 0, 0, nil

local question = bytes.new(28)
local function make_question()
  local ip = bytes.to_packet(question, packet_ip)
  ip.version, ip.ihl, ip.ttl, ip.protocol, ip.id = 4, 5, 64, 1, 0
  ip.saddr, ip.daddr = SELF, PEER
  local icmp = ip:data(packet_icmp)
  icmp.type, icmp.id, icmp.sequence = 8, ID, sequence
end

local function tell(up)
  if up == is_up then return end
  is_up = up
  nf.log(up and "notice" or "warning", PEER .. (up and " answers" or " does not answer"))
end

local function probe()
  nf.timer(EVERY, probe) -- first: so an error does not end it
  if missed >= MISSES then tell(false) end
  sequence = sequence + 1 & 0xFFFF
  missed = missed + 1
  make_question()
  local sent, why = nf.create_packet(nil, question)
  if not sent and missed == 1 then nf.log("notice", "no ping: " .. why) end
end
nf.timer(0, probe)

function process_packet(p)
  local ip, icmp = p.ip, p.icmp
  if not icmp or icmp.type ~= 0 or icmp.id ~= ID or ip.saddr ~= PEER then return XT_CONTINUE end
  if sequence - icmp.sequence & 0xFFFF < MISSES then
    missed = 0
    tell(true)
  end
  return NF_DROP
end
