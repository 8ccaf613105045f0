-- SPDX-License-Identifier: MIT OR GPL-2.0-only
-- FTP through a router that translates addresses: those in its commands and answers become the router's, and the connections
-- for data, which then come to the router, are sent on.
--   iptables -t mangle -A PREROUTING -p tcp --dport 21 -j LUA --script ftp-alg.lua
--   iptables -t mangle -A PREROUTING -p tcp --sport 21 -j LUA --script ftp-alg.lua
--   iptables -t mangle -A PREROUTING -d 203.0.113.1 -p tcp --dport 1024: -m conntrack --ctstate NEW -j LUA --script ftp-alg.lua --function data
-- A command gets another length; the kernel changes the sequence numbers of all that follows on its connection.

local OUTSIDE <const> = "203.0.113.1"
local inside = set.new{ "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16" }
local expected = shared.table("ftp-alg", { size = 10000 })	-- by port: whose connection that is
local MINUTE <const> = 60000

-- "PORT 192,168,0,2,200,21", as clients say, or "227 Entering Passive Mode (10,0,0,2,200,21).", as servers do
local function parse(line)
  local before, address, high, low, after = line:match("^(PORT )(%d+,%d+,%d+,%d+),(%d+),(%d+)(\r?\n)$")
  if not before then
    before, address, high, low, after = line:match("^(227 [^%d]*)(%d+,%d+,%d+,%d+),(%d+),(%d+)([^%d].*)$")
  end
  return before, address and address:gsub(",", "."), high, low, after
end

function process_packet(p)
  local tcp = p.tcp
  local payload = tcp and tcp:data()
  if not payload or #payload < 10 or #payload > 200 then return XT_CONTINUE end
  local before, address, high, low, after = parse(payload:get():string())
  if not before or not inside:has(address) then return XT_CONTINUE end
  expected:set(tonumber(high) << 8 | tonumber(low), address, MINUTE)
  payload:set(before .. OUTSIDE:gsub("%.", ",") .. "," .. high .. "," .. low .. after)
  return XT_CONTINUE
end

function data(p)
  local tcp = p.tcp
  local address = tcp and expected[tcp.dport]
  if address then nf.nat(p, { dnat = address }) end
  return XT_CONTINUE
end
