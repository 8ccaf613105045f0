#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# netfilter.register(): hooks of scripts, in namespaces that are there and that come, with packets that are theirs to change.
. /tests/lib.sh

hook_modules() { lsmod | awk '$1 == "luanetfilter" { print $3 }'; }

topology
offload off
udp_echo B 10.0.0.2 7

modprobe luanetfilter
ip link add messages type nlmon
run <<'LUA'
local nf = require("netfilter")
local names = {}
for table, rows in pairs(nf) do
  if type(rows) == "table" then
    local n, sum = 0, 0
    for _, value in pairs(rows) do n, sum = n + 1, sum ~ value end
    names[#names + 1] = ("%s %d %d"):format(table, n, sum)
  end
end
table.sort(names)
print(table.concat(names, ", "))
print(nf.action.CONTINUE, nf.action.RETURN, nf.ip_priority.FIRST, nf.ip_priority.LAST, nf.family.BRIDGE)
local function why(ops) return (select(2, pcall(nf.register, ops)):gsub("^.-:%d+: ", "")) end
local function hook() end
print(1, why())
print(2, why {})
print(3, why { pf = 0, hooknum = 0, priority = 0, hook = hook })
print(4, why { pf = 2, hooknum = 5, priority = 0, hook = hook })
print(5, why { pf = 2, hooknum = 0, priority = 1 << 31, hook = hook })
print(6, why { pf = 2, hooknum = 0, priority = 0, hook = "hook" })
print(7, why { pf = 2, hooknum = 0, priority = 0, hook = hook, on_error = 4 })
print(8, why { pf = 5, hooknum = 0, priority = 0, hook = hook })
print(11, why { pf = 5, hooknum = 0, priority = 0, device = "messages", hook = hook })
local h = nf.register { pf = 2, hooknum = 0, priority = 0, hook = hook }
local stop = h.stop
print(9, (select(2, pcall(stop))), (select(2, pcall(stop, 1))), (select(2, pcall(stop, {}))))
h:stop()
print(10, pcall(stop, h))
LUA
check_match 'all tables are there' "$(said 13 | head -1)" 'action 8 .*arp_hooks 3 .*bridge_hooks 5 .*bridge_priority 8 .*family 7 .*inet_hooks 5 .*ip_priority 14 .*netdev_hooks 2 '
check_eq 'and have the kernel'\''s numbers' "$(said 12 | head -1)" $'4294967295\t-5\t-2147483648\t2147483647\t7'
check_eq 'what is wrong in ops is said' "$(said 11 | head -9)" "$(printf '%s\n' \
	$'1\tbad argument #1 to \'netfilter.register\' (table expected, got nil)' \
	$'2\tbad field \'pf\': number expected, got nil' \
	$'3\tbad field \'pf\': family 0 has no hooks' \
	$'4\tbad field \'hooknum\': 5 is out of range' \
	$'5\tbad field \'priority\': 2147483648 is out of range' \
	$'6\tbad field \'hook\': function expected, got string' \
	$'7\tbad field \'on_error\': one of netfilter.action but REPEAT expected' \
	$'8\tbad field \'device\': string expected, got nil' \
	$'11\tthe device\'s packets are the kernel\'s messages of netlink, for which there are no hooks')"
check_match 'a method wants its object' "$(said 2 | head -1)" 'netfilter expected, got no value.*netfilter expected, got number.*netfilter expected, got table'
check_match 'one that has been stopped is closed' "$(said)" 'the netfilter is closed'
rmmod lunatik_run
check_eq 'nothing holds the module afterwards' "$(hook_modules)" 0

# The packet says by its port what is to become of it; the first 14 bytes are Ethernet's but at LOCAL_OUT.
run <<'LUA'
local nf = require("netfilter")
local a, out = nf.action, 0
local saved
local byport = {
  [1000] = function() return a.ACCEPT end, [1001] = function() return a.DROP end, [1002] = function() return a.STOLEN end,
  [1003] = function() return a.CONTINUE end, [1004] = function() return a.RETURN end, [1005] = function() return a.STOP end,
  [1006] = function() return a.REPEAT end, [1007] = function() error("oh") end, [1008] = function() return "DROP" end,
  [1009] = function() return 6 end, [1010] = function() while true do end end,
  [1011] = function(skb) saved = skb; return a.QUEUE end,
  [1012] = function() print("late: " .. select(2, pcall(saved.getbyte, saved, 0))) return a.ACCEPT end,
}
byport[1012] = function(skb) print("end: " .. select(2, pcall(skb.getbyte, skb, 1 << 16))) return a.ACCEPT end
local n = 0
function repeated() n = n + 1 return n % 3 == 0 and a.ACCEPT or a.REPEAT end
local function be16(d, at) return d:getuint8(at) << 8 | d:getuint8(at + 1) end
nf.register { pf = nf.family.INET, hooknum = nf.inet_hooks.FORWARD, priority = nf.ip_priority.FILTER, hook = function(skb)
  if skb:getuint8(14) ~= 0x45 or skb:getuint8(23) ~= 17 then return a.ACCEPT end
  local port = be16(skb, 36)
  if port == 1013 then return repeated() end
  return (byport[port] or byport[1000])(skb)
end }
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = nf.ip_priority.LAST, on_error = a.ACCEPT,
  hook = function(skb)
    local port = skb:getuint8(0) == 0x45 and skb:getuint8(9) == 17 and be16(skb, 22)
    if port == 1001 then error("passes") end
    return port == 1014 and a.DROP or a.ACCEPT
  end }
LUA
# passes PORT: whether a datagram gets from A to B
for port in {1000..1013}; do udp_echo B 10.0.0.2 $port; done
passes() { udp_ask A 10.0.0.2 $1 x ${2:-60} 2>/dev/null || true; }
for port in 1000 1003 1004 1005 1013; do check_eq "$port: accepted" "$(passes $port)" x; done
for port in 1001 1002 1006 1007 1008 1009; do check_eq "$port: dropped" "$(passes $port 0.3)" ''; done
hurried
check_eq '1010: dropped' "$(passes 1010 0.3)" ''
check_match 'an error has its line and a traceback' "$(said 99)" 'test: netfilter: /lib/modules/lua/test.lua:[0-9]+: oh'
check_match 'what is no action is said' "$(said 99)" 'returned DROP, which is none of netfilter.action'
check_match 'a number, too' "$(said 99)" 'returned 6, which is none'
ended() { [[ $(said 99) =~ 'too long'|'time' ]]; }
check 'and one without end' wait_for ended
unhurried
check_match 'on_error = ACCEPT lets it pass at LOCAL_OUT' "$(said 99)" 'test.lua:[0-9]+: passes'
check_eq 'QUEUE is to queue 0, which nobody reads' "$(passes 1011 0.3)" ''
check_eq 'a packet that passes' "$(passes 1012)" x
check_match 'its end is looked at' "$(said)" 'end: .*(range|bounds|size|beyond)'

# Namespaces that come, and TCP, whose packets on output are clones.
ip netns add C
at C ip link set lo up
for port in 1000 1014; do udp_echo C 127.0.0.1 $port; done
check_eq 'a namespace of later has its packets' "$(udp_ask C 127.0.0.1 1000 y)" y
check_eq 'and the hook' "$(udp_ask C 127.0.0.1 1014 y 0.5 2>/dev/null || true)" ''
ip netns del C
rmmod lunatik_run
check_eq 'nothing holds the module when hooks have run' "$(hook_modules)" 0
check_eq 'and packets pass' "$(passes 1001)" x

run <<'LUA'
local nf = require("netfilter")
local a = nf.action
local counts = { 0, 0 }
local function upper(skb, at)
  if skb:getuint8(at) ~= 0x45 or skb:getuint8(at + 9) ~= 6 then return a.ACCEPT end
  local data = at + 20 + (skb:getuint8(at + 32) >> 4) * 4
  local text = skb:getstring(data)
  local from = text:find("secret", 1, true)
  if from then skb:setstring(data + from - 1, "SECRET") end
  return a.ACCEPT
end
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb) return upper(skb, 0) end }
nf.register { pf = nf.family.NETDEV, hooknum = 1, priority = 0, device = "gone", hook = function() return a.ACCEPT end }
nf.register { pf = nf.family.NETDEV, hooknum = nf.netdev_hooks.INGRESS, priority = 0, device = "rB",
  hook = function(skb)
    if skb:getuint8(12) == 8 and skb:getuint8(13) == 0 and skb:getuint8(23) == 1 then return a.DROP end
    return a.ACCEPT
  end }
LUA
dir=$(mktemp -d); { head -c 100000 /dev/zero | tr '\\0' x; echo secret; } >$dir/a
offload on
start_nginx B $dir 10.0.0.2:80
check_eq 'a local packet is changed, its checksum completed afterwards' \
	"$(inA curl -s --max-time 60 http://10.0.0.2/a | tail -1)" SECRET
offload off
check_fails 'INGRESS of one device' inA ping -c 1 -W 0.5 10.0.0.2
ip -n R link set rB netns A
ip -n A link set rB netns R
ip -n R addr add 10.0.0.1/24 dev rB
ip -n R link set rB up
check_fails 'goes with it, and comes again' inA ping -c 1 -W 0.5 10.0.0.2
ip -n R link add gone type dummy
ip -n R link del gone
rmmod lunatik_run
check 'and is what it was' inA ping -c 1 -W 60 10.0.0.2
check_eq 'nothing holds the module when devices have come and gone' "$(hook_modules)" 0

# What a hook has left behind, in a runtime that is there already.
cat >$lua/leaves.lua <<'LUA'
local nf, linux, data, rcu, socket = require("netfilter"), require("linux"), require("data"), require("rcu"), require("socket")
local kept, called, refill
local function hook()
  return nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb)
    kept, called = skb, (called or 0) + 1
    return nf.action.ACCEPT
  end }
end
local function send()
  local s <close> = socket.new(socket.af.INET, socket.sock.DGRAM)
  s:send("x", 0x7f000001, 9)
end
local function look(what)
  linux.schedule(50)
  refill = {}
  for i = 1, 1000 do
    refill[i] = data.new(230)
    refill[i]:setstring(0, ("\x5a"):rep(230))
  end
  print(what, pcall(kept.getuint8, kept, 0))
  print(what .. ", packet", pcall(kept.packet, kept))
end
return function()
  local h = hook()
  send()
  h:stop()
  look("stopped")
  do
    local closed <close> = hook()
    send()
  end
  look("closed")
  h = hook()
  local store = rcu.table()
  store.h = h
  local twin = store.h
  h:stop()
  print("twice", pcall(twin.stop, twin))
  called = 0
  h = hook()
  send()
  h:stop()
  print("called", called)
end
LUA
run_afresh <<'LUA'
local leaves = require("lunatik").runtime("leaves", false)
leaves:resume()
leaves:stop()
LUA
for how in stopped closed; do
	check_match "a packet of a hook that is $how is gone" "$(said 99)" "$how"$'\tfalse\t[^\n]*the data is gone'
	check_match "and has no object ($how)" "$(said 99)" "$how, packet"$'\tfalse\t[^\n]*the data is gone'
done
check_match 'a hook may be stopped by two of its objects' "$(said 99)" $'twice\ttrue'
check_match 'and the next one works' "$(said 99)" $'called\t[12]'
rmmod lunatik_run
check_eq 'nothing of it is left' "$(hook_modules)" 0
rmmod luanetfilter
