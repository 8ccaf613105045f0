-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Answers pings for addresses that no machine has, so that a whole network seems to be there.
-- iptables -t mangle -A PREROUTING -p icmp --icmp-type echo-request -j LUA --script /root/ping_responder.lua
-- ip6tables -t mangle -A PREROUTING -p icmpv6 --icmpv6-type echo-request -j LUA --script /root/ping_responder.lua
local ours = set.new{ "198.51.100.0/24", "2001:db8:51::/64" }
local ECHO_REQUEST, ECHO_REPLY = 8, 0
local ECHO_REQUEST6, ECHO_REPLY6 = 128, 129

-- Sends a copy of the IP packet back to where it comes from. Checksums are filled in when it is sent.
local function send_back(ip, length, protocol, icmp, reply)
  local copy = ip:raw(0, length)
  if not copy then return end   -- less of it is there than its header says
  copy = copy:to_bytes()
  local back = bytes.to_packet(copy, protocol)
  back.saddr, back.daddr = ip.daddr, ip.saddr
  back:data(icmp).type = reply
  local sent, why = nf.create_packet(nil, copy)
  if not sent then nf.log("notice", "no answer to " .. ip.saddr .. ": " .. why) end
end

function process_packet(p)
  local ip, ip6 = p.ip, p.ip6
  if ip and ours:has(ip:daddr()) then
    local icmp = ip:data(packet_icmp)
    if not icmp or icmp.type ~= ECHO_REQUEST or ip.flags & 1 == 1 then return XT_CONTINUE end   -- no fragments
    send_back(ip, ip.tot_len, packet_ip, packet_icmp, ECHO_REPLY)
    return NF_DROP
  elseif ip6 and ours:has(ip6:daddr()) then
    local icmp = ip6:data(packet_icmp6)
    if not icmp or icmp.type ~= ECHO_REQUEST6 then return XT_CONTINUE end
    send_back(ip6, 40 + ip6.payload_len, packet_ip6, packet_icmp6, ECHO_REPLY6)
    return NF_DROP
  end
  return XT_CONTINUE
end
