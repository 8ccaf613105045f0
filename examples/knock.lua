-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- Port knocking: SSH is open to addresses that have sent UDP packets to three ports, in their order.
--   iptables -A INPUT -p udp -m multiport --dports 7000,8000,9000 -j LUA --script knock.lua
--   iptables -A INPUT -p tcp --dport 22 --syn -j LUA --script knock.lua
-- Try it: for port in 7000 8000 9000; do echo | nc -u -w 0 ROUTER $port; done; ssh ROUTER

local KNOCKS <const> = { 7000, 8000, 9000 }
local SSH <const> = 22
local ADDRESSES <const> = 2000 -- that are remembered: anybody can knock, so the tables have to be bounded

local new, old, entries = {}, {}, 0 -- address → how many knocks were right so far

local function remember(address, n)
  if not new[address] then
    if entries == ADDRESSES then
      old, new, entries = new, {}, 0
    end
    entries = entries + 1
  end
  new[address] = n
end

function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  if not ip then return XT_CONTINUE end
  local address = ip:saddr():int()
  local done = new[address] or old[address] or 0
  local udp, tcp = ip:data(packet_udp), ip:data(packet_tcp)
  if udp and done < #KNOCKS then
    if udp.dport == KNOCKS[done + 1] then
      remember(address, done + 1)
    elseif done > 0 then
      remember(address, 0)
    end
    return NF_DROP -- a closed port does not answer
  end
  if tcp and tcp.dport == SSH and done < #KNOCKS then return NF_DROP end
  return XT_CONTINUE
end
