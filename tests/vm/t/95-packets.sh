#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# skb:packet(): packets of netfilter and xtable as objects whose fields have names; what may be done with them, and what not; ARP and bridges.
. /tests/lib.sh

topology
offload off
for port in 1000 1001 1002 1003 1004; do udp_echo B 10.0.0.2 $port; done
ask() { udp_ask A 10.0.0.2 "$1" "$2" "${3:-60}" 2>/dev/null || true; }
wrong() { echo $(($(snmp A Udp InCsumErrors) + $(snmp B Udp InCsumErrors) + $(snmp A Ip InHdrErrors) + $(snmp B Ip InHdrErrors))); }

modprobe luanetfilter
run <<'LUA'
local nf, data, lunatik = require("netfilter"), require("data"), require("lunatik")
local bytes, set = require("bytes"), require("set")
local a, kept = nf.action, {}
local known = set.new { "192.168.0.0/24" }
local function why(...) return (select(2, pcall(...))) end
print("globals", bytes == _G.bytes, _G.set, set.file, nf_send)
print("new", why(data.packet or data.new(1).packet, data.new(1)))
local memory = bytes.new(20)
memory[0] = 0x45
local header = bytes.to_packet(memory, packet_ip)
local byport = {
  [1000] = function(skb, p)
    print("read", p.udp.dport, p.ip.saddr, p:data(packet_eth):data(packet_ip):data(packet_udp).length, p.udp:data():to_bytes():string())
    print("place", #skb, #p, p.ip:get_offset(), p == skb:packet(), known:has(p.ip.saddr), p.tcp)
    print("data", skb:getuint8(14), why(skb.setuint8, skb, 0, 1))
    print("flow", why(p.flow, p))
    header.ttl = 7
    print("memory", header.ttl, p.ip.ttl, memory[8])
    kept.packet, kept.ip, kept.ttl, kept.array, kept.skb = p, p.ip, p.ip:ttl(), p.udp:data():get(), skb
    kept.co = coroutine.wrap(function() local ip = p.ip coroutine.yield() return ip.ttl end)
    kept.co()
  end,
  [1001] = function(skb)
    for name, f in pairs { packet = function() return kept.packet.ip end, ip = function() return kept.ip.ttl end, ttl = function() return kept.ttl:get() end,
        array = function() return kept.array[0] end, data = function() return kept.skb:getuint8(0) end, co = function() return kept.co() end,
        size = function() return #kept.packet end, set = function() kept.ip.ttl = 3 end } do
      print("kept " .. name, why(f))
    end
  end,
  [1002] = function(skb, p)
    p.ip.ttl = 9
    p.udp:data():set(p.udp:data():to_bytes():string(1, 3) .. ("-"):rep(1200))
    print("longer", #skb, #p, skb:getuint8(22), skb:getstring(42, 4))
  end,
  [1003] = function(skb, p) p.udp.nothing = 1 end,
  [1004] = function(skb, p) error("after") end,
}
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.FORWARD, priority = 0, hook = function(skb)
  if skb:getuint8(23) == 17 and (skb:getuint8(36) << 8 | skb:getuint8(37)) == 1001 and kept.ip then byport[1001](skb, {}) end
  local p = skb:packet()
  local f = p.udp and byport[p.udp.dport]
  if f and p.udp.dport ~= 1001 then f(skb, p) end
  return a.ACCEPT
end }
LUA
check_eq 'globals are as they were, and libraries are asked for' "$(said 2 | head -1)" $'globals\tfalse\tnil\tnil\tnil'
check_match 'other data is no packet' "$(said)" 'new.*the data is no packet'
check_eq 'a packet that is read' "$(ask 1000 hello)" hello
check_eq 'its fields have names' "$(said 5 | head -1)" $'read\t1000\t192.168.0.2\t13\thello'
check_eq 'it is what the data is' "$(said 4 | head -1)" $'place\t47\t47\t14\ttrue\ttrue\tnil'
check_match 'which can be read, but not written' "$(said 3 | head -1)" $'data\t69\t.*readonly'
check_match 'flows are of states' "$(said 2 | head -1)" 'flow.*flows are for'
check_match 'arrays are packets, too' "$(said)" $'memory\t7\t6[34]\t7'
check_eq 'the next packet' "$(ask 1001 hello)" hello
check_eq 'what was kept of another is gone' "$(said 8 | grep -c 'kept .*packet is gone')" 7
check_match 'though data is there in each callback' "$(said 8)" $'kept data\t[0-9]+'
check_eq 'a payload that grows' "$(ask 1002 hello | head -c 6)" ell---
check_match 'moves, and so does the data' "$(said)" $'longer\t1245\t1245\t9\tell-'
check_eq 'what raises is dropped' "$(ask 1003 hello 0.3)$(ask 1004 hello 0.3)" ''
check_match 'and why is in the log' "$(said 99)" 'test.lua:[0-9]+: after'
offload on
check_eq 'it grows where the sum is completed later, too' "$(ask 1002 hello | wc -c) $(said | cut -f 1)" '1203 longer'
offload off
check_eq 'no checksum was wrong' "$(wrong)" 0
rmmod lunatik_run

# Whether a hook asks for the object first is foretold by the packet before: so kinds of packets come in an order in which that is wrong in every way.
run <<'LUA'
local nf = require("netfilter")
local ACCEPT <const> = nf.action.ACCEPT
local REPEAT <const> = nf.action.REPEAT
local order = { 1, 1, 2, 2, 1, 1, 3, 3, 1, 4, 5, 5, 1, 1, 6, 2, 2, 1, 1, 6, 3, 3, 4, 1, 6, 1, 1, 7, 7, 1, 1, 8, 8 }
local n, swaps, wrong = 0, 0, 0
local function is(value, expected) if value ~= expected then wrong = wrong + 1 end end
local function other(skb) return skb:packet() end
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.FORWARD, priority = 0, hook = function(skb)
  n = n + 1
  local kind = order[n]
  if kind == 1 then -- the object
    local p = skb:packet()
    if p.ip then p.ip.ttl = 50 end
    is(p.ip.ttl, 50)
  elseif kind == 2 then -- bytes
    local x, y = skb:getuint16(42), skb:getuint16(44)
    skb:setuint16(42, y)
    skb:setuint16(44, x)
    is(skb:getuint16(42), y)
    swaps = swaps + 1
  elseif kind == 3 then -- bytes, then the object
    local x, y = skb:getuint16(42), skb:getuint16(44)
    skb:setuint16(42, y)
    skb:setuint16(44, x)
    local p = skb:packet()
    if p.ip then p.ip.ttl = 51 end
    is(skb:getuint8(22), 51)
    is(pcall(skb.setuint8, skb, 22, 9), false)
    is(p.udp:data()[0], skb:getuint8(42))
    swaps = swaps + 1
  elseif kind == 5 then -- the object, then bytes, then the object again
    local p = skb:packet()
    p.udp:data():write(skb:getstring(44, 2) .. skb:getstring(42, 2))
    is(skb:packet(), p)
    is(p.udp:data()[0], skb:getuint8(42))
    swaps = swaps + 1
  elseif kind == 6 then -- the object, and once more: the next kind is of the same packet
    local p = skb:packet()
    if p.ip then p.ip.ttl = 52 end
    return REPEAT
  elseif kind == 7 then -- the object, by a function that does not know what it is given
    is(other(skb).udp.length, 12)
  elseif kind == 8 then
    skb:packet().ip:nothing()
  end
  return ACCEPT
end }
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb)
  if n >= #order then print("order", n, swaps, wrong) n = 0 end
  return ACCEPT
end }
LUA
answers=
for i in $(seq 14); do answers+=$(ask 1000 abcd); done
check_eq 'each has its own' "$answers" "$(printf 'abcd%.0s' $(seq 14))"
check_eq 'what raises is dropped, whatever was foretold' "$(ask 1000 abcd 0.3)$(ask 1000 abcd 0.3)" ''
inR ping -c 1 -W 0.3 10.0.0.2 >/dev/null || true
check_match 'bytes and object are the same' "$(said 99)" $'order\t33\t10\t0'
check_eq 'no checksum was wrong, in whatever order' "$(wrong)" 0
rmmod lunatik_run

# Results that are none leave nothing behind, and telling of them has an end, too.
run <<'LUA'
local nf = require("netfilter")
local n = 0
local endless = setmetatable({}, { __tostring = function() while true do end end })
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.FORWARD, priority = 0, hook = function(skb)
  n = n + 1
  if n <= 100 then return "none" end
  if n == 101 then return endless end
  if n == 102 then error("told") end
  return nf.action.ACCEPT
end }
LUA
check_fails 'what is no action is dropped' inA ping -q -i 0.002 -c 100 -W 0.3 10.0.0.2
check_match 'and why is in the log' "$(said 99)" 'returned none, which is none of netfilter.action'
sleep 5.5 # the log has had enough for as long
check_match 'the hundredth as the first' "$(inA ping -q -i 0.5 -c 10 -W 60 10.0.0.2 || true)" ' 8 received'
check_match 'an error has its text and its place' "$(said 99)" 'test.lua:[0-9]+: told.*stack traceback'
rmmod lunatik_run

# What leaves this machine has no Ethernet header yet, and is a clone with a sum that is completed later; with tags.
dir=$(mktemp -d); { head -c 100000 /dev/zero | tr '\0' x; echo secret; } >$dir/a
start_nginx B $dir 10.0.0.2:80
offload on
run <<'LUA'
local nf = require("netfilter")
local a = nf.action
local n = 0
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb)
  local p = skb:packet()
  if p.tcp then
    if n == 0 then print("out", p.eth, p.ip:get_offset(), #p == #skb) end
    n = n + 1
    p.ip.tos, p.ip.ttl = 12, 33
    local payload = p.tcp:data()
    local from = payload and payload:get():string():find("secret", 1, true)
    if from then payload:write("SECRET", from - 1) end
  end
  return a.ACCEPT
end }
nf.register { pf = nf.family.NETDEV, hooknum = nf.netdev_hooks.EGRESS, priority = 0, device = "rA", hook = function(skb)
  local p = skb:packet()
  if p.icmp then print("egress", p.eth.type, p.eth:get_offset(), p.ip.ttl, #p == #skb) end
  return a.ACCEPT
end }
LUA
check_eq 'local packets are changed, and their checksums completed' "$(inA curl -s --max-time 60 http://10.0.0.2/a | tail -c 7)" SECRET
check_match 'where they begin' "$(said 99)" $'out\tnil\t0\ttrue'
check_eq 'no checksum was wrong there' "$(snmp A Tcp InCsumErrors) $(snmp B Tcp InCsumErrors)" '0 0'
check 'echoes' inA ping -c 1 -W 60 10.0.0.2
check_match 'what a device sends has its header' "$(said)" $'egress\t2048\t0\t63\ttrue'
rmmod lunatik_run

# A device without a link layer has no header of it, wherever the packet begins.
if modprobe -q ip_gre; then
	ip -n R link add t0 type gre local 10.0.0.1 remote 10.0.0.2
	ip -n R addr add 10.11.0.1/24 dev t0
	ip -n R link set t0 up
	run <<'LUA'
local nf = require("netfilter")
nf.register { pf = nf.family.NETDEV, hooknum = nf.netdev_hooks.EGRESS, priority = 0, device = "t0", hook = function(skb)
  local p = skb:packet()
  if p.ip then print("tunnel", p.eth, p.ip:get_offset(), p.ip.daddr, #p) end
  return nf.action.ACCEPT
end }
LUA
	check_fails 'nobody answers from there' inR ping -q -c 1 -W 1 10.11.0.9
	check_match 'a packet to a device without a link layer' "$(said)" $'tunnel\tnil\t0\t10.11.0.9\t84'
	rmmod lunatik_run
	ip -n R link del t0
	modprobe -r ip_gre # else each namespace of tests that come has tunnels
fi

# ARP, and frames through a bridge.
for ns in X Y; do ip netns add $ns; done
ip -n R -batch - <<-LINES
	link add br0 type bridge forward_delay 0
	link set br0 up
	link add bX type veth peer name eth0 netns X
	link add bY type veth peer name eth0 netns Y
	link set bX master br0
	link set bY master br0
	link set bX up
	link set bY up
	addr add 192.0.2.3/24 dev br0
LINES
for end in X:1 Y:2; do
	ip -n ${end%:*} -batch - <<-LINES
		addr add 192.0.2.${end#*:}/24 dev eth0
		link set lo up
		link set eth0 up
	LINES
done
meets() { at ${3:-X} ping -c 1 -W "${2:-60}" 192.0.2.$1; }
check 'through the bridge' meets 2
check 'and to it' meets 3
run <<'LUA'
local nf = require("netfilter")
local a = nf.action
local function arp(hooknum, name)
  nf.register { pf = nf.family.ARP, hooknum = hooknum, priority = 0, hook = function(skb)
    local p = skb:packet()
    local arp = p.arp
    print(name, arp.oper, arp.spa, arp.tpa, p.eth.type, #skb >= 42, skb:getuint8(12) << 8 | skb:getuint8(13))
    if arp.oper == 2 and name == "arp out" then arp.sha = "02:00:00:00:00:99" end
    return arp.oper == 1 and arp.spa == "192.0.2.2" and a.DROP or a.ACCEPT
  end }
end
arp(nf.arp_hooks.IN, "arp in")
arp(nf.arp_hooks.OUT, "arp out")
LUA
for ns in X Y R; do ip -n $ns neigh flush all; done
check_fails 'an answer that leads elsewhere' meets 3 0.5
check_match 'requests are seen' "$(said 99)" $'arp in\t1\t192.0.2.1\t192.0.2.3\t2054\ttrue\t2054'
check_match 'and answers of this machine' "$(said 99)" $'arp out\t2\t192.0.2.3\t192.0.2.1\t2054\ttrue\t2054'
check_match 'which are changed' "$(ip -n X neigh show 192.0.2.3)" 'lladdr 02:00:00:00:00:99'
check_fails 'one that is dropped' meets 3 0.3 Y
ip -n X neigh flush all
rmmod lunatik_run
run <<'LUA'
local nf = require("netfilter")
local a = nf.action
local function bridge(name)
  nf.register { pf = nf.family.BRIDGE, hooknum = nf.bridge_hooks[name], priority = nf.bridge_priority.FIRST, hook = function(skb)
    local p = skb:packet()
    if p.icmp then
      print(name, p.eth.type, p.ip.daddr, p.ip.ttl, p.icmp.type, #p, #skb)
      if name == "FORWARD" then p.ip.ttl = p.ip.ttl - 1 end
      if name == "FORWARD" and #p > 1000 then return a.DROP end
    end
    return a.ACCEPT
  end }
end
for name in pairs(nf.bridge_hooks) do bridge(name) end
LUA
check_match 'a frame that is forwarded, and changed' "$(meets 2)" 'ttl=63 '
for hook in PRE_ROUTING FORWARD POST_ROUTING; do
	check_match "the hook $hook sees it" "$(said 99)" "$hook"$'\t2048\t192.0.2.2\t6[34]\t8\t98\t98'
done
check_fails 'a frame that is dropped' at X ping -c 1 -W 0.3 -s 1200 192.0.2.2
check_match 'which the log says, too' "$(said 99)" $'FORWARD\t2048\t192.0.2.2\t64\t8\t1242\t1242'
check 'the machine itself' ip netns exec R ping -c 1 -W 60 192.0.2.2
check_match 'sends, too' "$(said 99)" $'LOCAL_OUT\t2048\t192.0.2.2\t64\t8\t98\t98'
check_match 'and receives' "$(said 99)" $'LOCAL_IN\t2048\t192.0.2.3\t64\t0\t98\t98'
rmmod lunatik_run
check_eq 'nothing holds the module' "$(lsmod | awk '$1 == "luanetfilter" { print $3 }')" 0
rmmod luanetfilter
