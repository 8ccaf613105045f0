#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Hooks of a runtime that hard interrupts call, too: they are interpreted, with interrupts disabled, and end in time.
. /tests/lib.sh

topology
offload off
for port in 1000 1001 1002 1003 1004; do udp_echo B 10.0.0.2 $port; done
ask() { udp_ask A 10.0.0.2 "$1" "$2" "${3:-60}" 2>/dev/null || true; }
ended() { [[ $(said 99) =~ 'time limit'|'too long' ]]; }
run <<'LUA'
local nf, probe, syscall, data = require("netfilter"), require("probe"), require("syscall"), require("data")
local a, calls = nf.action, 0
probe.new(syscall.address(syscall.number("getpid")), { pre = function() calls = calls + 1 end })
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.FORWARD, priority = 0, hook = function(skb)
  local p = skb:packet()
  local port = p.udp and p.udp.dport
  if port == 1000 then p.ip.ttl = 9 print("ttl", skb:getuint8(22), select(2, pcall(error, "caught"))) end
  if port == 1001 then local n = 0 while true do n = n + 1 end end
  if port == 1002 then error("raised") end
  if port == 1003 then return "nothing" end
  if port == 1004 then string.find(("a"):rep(1000), (".*"):rep(20) .. "b") end
  return a.ACCEPT
end }
LUA
check_eq 'a packet is changed' "$(ask 1000 x)" x
check_match 'and errors are caught' "$(said)" $'ttl\t9\t.*caught'
hurried
check_eq 'a hook without end' "$(ask 1001 x 0.5)" ''
check 'ends' wait_for ended
dmesg -C
check_eq 'a search without end' "$(ask 1004 x 0.5)" ''
check 'ends, too' wait_for ended
unhurried
check_eq 'one that raises, or returns nothing' "$(ask 1002 x 0.3)$(ask 1003 x 0.3)" ''
check_match 'is told of' "$(said 99)" 'test.lua:[0-9]+: raised'
check_match 'as what it returns' "$(said 99)" 'returned nothing, which is none'
check_eq 'and packets go on' "$(ask 1000 x)" x
rmmod lunatik_run
