-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Sends a copy of each IP packet out by another device, where an analyser listens.
-- iptables -t mangle -A PREROUTING -p tcp --dport 80 -j LUA --script /root/mirror.lua
local DEVICE = "mirror0"
local NO_ADDRESSES = ("\0"):rep(12)   -- where there is no link layer, the copy gets one

local missed = 0

function process_packet(p)
  local ip = p.ip or p.ip6
  if not ip then return XT_CONTINUE end
  local at = ip:get_offset()
  local link, packet = p:raw(0, at), p:raw(at, #p - at)
  if not link or not packet then return XT_CONTINUE end
  local sent, why = nf.send{
    packet:get(), dev = DEVICE,
    link = at >= 14 and link:get() or NO_ADDRESSES .. (p.ip and "\x08\x00" or "\x86\xDD"),
  }
  if not sent then
    missed = missed + 1
    if missed & missed - 1 == 0 then nf.log("warning", missed .. " packets not mirrored: " .. why) end
  end
  return XT_CONTINUE
end
