#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# xtable and luaxt: matches and targets of scripts, with plugins that are scripts; and the examples dnsblock and dnsdoctor by both ways, each in two forms.
. /tests/lib.sh

[ -n "$(find /usr/lib -name libxt_dnsblock.so)" ] || skip 'no plugins were built: Lua 5.4 was missing'
used() { lsmod | awk -v name="$1" '$1 == name { print $3 }'; }

# run_example NAME: in a runtime, for as long as the module is there
run_example() { run <"$lua/examples/$1.lua"; }

sh $lua/examples/dnsdoctor/setup.sh >/dev/null
# ask NAME [SECONDS [ADDRESS]]: what the server says of it, to this address
ask() { dig +short +time=${2:-60} +tries=1 ${3:+-b $3} @10.1.1.3 "$1" 2>/dev/null | grep -v '^;' || true; }
# answered NAME SECONDS: whether it says anything
answered() { dig +time=$2 +tries=1 @10.1.1.3 "$1" 2>/dev/null | grep -c 'status:' || true; }
check_eq 'an answer as it is' "$(ask lunatik.com)" 192.168.10.1

# What is wrong is said, and nothing stays.
run <<'LUA'
local xtable = require("xtable")
local function why(how, opts) return (select(2, pcall(xtable[how], opts)):gsub("^.-:%d+: ", "")) end
local function f() end
print(1, why("match"))
print(2, why("match", { name = ("x"):rep(29), revision = 1, family = 2, match = f }))
print(3, why("match", { name = "x", revision = 256, family = 2, match = f }))
print(4, why("target", { name = "x", revision = 1, family = 2, match = f }))
print(5, why("match", { name = "mark", revision = 1, family = 0, match = f }))
local m = xtable.match { name = "x", revision = 1, family = 2, match = f }
print(6, why("match", { name = "x", revision = 1, family = 2, match = f }))
local stop = m.stop
print(7, (select(2, pcall(stop))), (select(2, pcall(stop, {}))))
m:stop()
print(8, (select(2, pcall(stop, m))))
xtable.match { name = "x", revision = 1, family = 2, match = f }
LUA
check_eq 'what is wrong in opts is said' "$(said 8 | head -6)" "$(printf '%s\n' \
	$'1\tbad argument #1 to \'xtable.match\' (table expected, got nil)' \
	$'2\tbad field \'name\': 1 to 28 bytes expected' \
	$'3\tbad field \'revision\': 256 is out of range' \
	$'4\tbad field \'target\': function expected, got nil' \
	$'5\tthere is a match \'mark\' already' \
	$'6\tthere is a match \'x\' already')"
check_match 'a method wants its object' "$(said 2 | head -1)" 'xtable expected, got no value.*xtable expected, got table'
check_match 'one that has been stopped is closed' "$(said)" 'the xtable is closed'
rmmod lunatik_run

# dnsblock
check_fails 'no rule without a script' iptables-legacy -A OUTPUT -m dnsblock -j DROP
run_example dnsblock/dnsblock
iptables-legacy -A OUTPUT -m dnsblock --domains LUNATIK.com,b.org -j DROP
check_eq 'a rule is listed as it was given' "$(iptables-legacy -S OUTPUT | tail -1)" '-A OUTPUT -m dnsblock --domains lunatik.com,b.org -j DROP'
check_match 'and shown' "$(iptables-legacy -L OUTPUT -n)" 'dnsblock lunatik.com,b.org'
check_match 'there is help' "$(iptables-legacy -m dnsblock --help)" 'dnsblock match options'
check_match 'what the plugin refuses, in its words' "$(iptables-legacy -A OUTPUT -m dnsblock --domains '' 2>&1 || true)" 'dnsblock: --domains: a name is missing'
check_fails 'and what is too long' iptables-legacy -A OUTPUT -m dnsblock --domains "$(printf 'x%.0s' {1..300})"
check_fails 'not in another hook' iptables-legacy -A INPUT -m dnsblock -j DROP
check_eq 'a name that is blocked' "$(ask lunatik.com 1)" ''
check_eq 'and below it' "$(ask www.lunatik.com 1)" ''
iptables-legacy -A OUTPUT -m dnsblock -j DROP
iptables-legacy -D OUTPUT 1
check_eq 'another rule has its own names' "$(ask lunatik.com)" 192.168.10.1
rmmod lunatik_run
check_eq 'a rule stays when the script has gone, and packets pass' "$(ask lunatik.com) $(iptables-legacy -S OUTPUT | grep -c dnsblock)" '192.168.10.1 1'
check 'tables can still be changed' iptables-legacy -A OUTPUT -p udp --dport 9 -j DROP
check_fails 'the module stays, as the rule has it' rmmod luaxtable
run_example dnsblock/dnsblock
iptables-legacy -A OUTPUT -m dnsblock --domains lunatik.com -j DROP
check_eq 'the next script takes its rules over' "$(ask lunatik.com 1)" ''
iptables-legacy -F OUTPUT
rmmod lunatik_run
check 'nothing holds the module when rules have gone' rmmod luaxtable
run_example dnsblock/nf_dnsblock
check_eq 'without iptables' "$(ask lunatik.com) $(answered a.github.com 1) $(answered agithub.com 60)" '192.168.10.1 0 1'
rmmod lunatik_run

# The same by packet objects.
run_example dnsblock/packet_dnsblock
iptables-legacy -A OUTPUT -m dnsblock --domains LUNATIK.com,b.org -j DROP
check_eq 'by packet objects: names that are blocked' "$(ask lunatik.com 1)$(ask www.lunatik.com 1)" ''
check_eq 'and one that is not' "$(answered alunatik.com 60)" 1
iptables-legacy -F OUTPUT
iptables-legacy -A OUTPUT -m dnsblock -j DROP
check_eq 'another rule has its own names, here too' "$(ask lunatik.com)" 192.168.10.1
iptables-legacy -F OUTPUT
rmmod lunatik_run
run_example dnsblock/packet_nf_dnsblock
check_eq 'and without iptables' "$(ask lunatik.com) $(answered a.github.com 1) $(answered agithub.com 60)" '192.168.10.1 0 1'
rmmod lunatik_run

# dnsdoctor
ip addr add 10.1.1.9/24 dev dnsdoctor0
for form in '' packet_; do
	run_example dnsdoctor/${form}dnsdoctor
	iptables-legacy -t mangle -A PREROUTING -p udp --sport 53 -j dnsdoctor
	check_match "a target is listed, too ($form)" "$(iptables-legacy -t mangle -S PREROUTING)" '-j dnsdoctor --name lunatik.com --client 10.1.1.2 --public 192.168.10.1 --private 10.1.2.3'
	check_eq "who asks from within gets another address ($form)" "$(ask lunatik.com)" 10.1.2.3
	check_eq "other names are left alone ($form)" "$(ask www.lunatik.com)" 192.168.10.1
	check_eq "and other clients ($form)" "$(ask lunatik.com 60 10.1.1.9)" 192.168.10.1
	iptables-legacy -t mangle -F
	rmmod lunatik_run
	run_example dnsdoctor/${form}nf_dnsdoctor
	check_eq "the same without iptables ($form)" "$(ask lunatik.com)" 10.1.2.3
	rmmod lunatik_run
done
check_eq 'and as it was' "$(ask lunatik.com)" 192.168.10.1
sh $lua/examples/dnsdoctor/cleanup.sh

# Actions, errors, hotdrop, and what userargs may hold; iptables on nf_tables.
run <<'LUA'
local xtable, nf, linux = require("xtable"), require("netfilter"), require("linux")
local n = 0
xtable.match { name = "dnsblock", revision = 1, family = 2, match = function(skb, par, how)
  if how == "yes" then return true end
  if how == "hotdrop" then par.hotdrop = true return false end
  if how == "write" then
    local p = skb:packet()
    print("write: " .. select(2, pcall(skb.setuint8, skb, 0, 1)), select(2, pcall(function() p.ip.ttl = 1 end)), p.icmp.type, p.eth, skb:getuint8(0))
    return false
  end
  if how == "error" then error("matches") end
  print("par", par.thoff, par.fragoff, par.hotdrop, skb:getuint8(0))
  return false
end, checkentry = function(how)
  print("check " .. how)
  if how == "sleeps" then linux.schedule(1) end
  return how ~= "refused"
end, destroy = function(how) print("destroy " .. how) end }
LUA
for tables in iptables-legacy iptables-nft; do
	try() { $tables -F OUTPUT; $tables -A OUTPUT -p icmp -m dnsblock --domains $1 ${2:--j ACCEPT}; ping -c 1 -W ${3:-60} 127.0.0.1 >/dev/null && echo passes || echo dropped; }
	ip link set lo up
	check_eq "a match ($tables)" "$(try yes '-j DROP' 0.3)" dropped
	check_eq "hotdrop ($tables)" "$(try hotdrop '' 0.3)" dropped
	check_eq "an error drops ($tables)" "$(try error '' 0.3)" dropped
	check_eq "par ($tables)" "$(try par)" passes
	check_eq "of a match the packet is readonly ($tables)" "$(try write)" passes
	check_fails "checkentry may refuse ($tables)" $tables -A OUTPUT -m dnsblock --domains refused
	check_fails "and must not sleep ($tables)" $tables -A OUTPUT -m dnsblock --domains sleeps
	$tables -F OUTPUT
done
check_match 'par has offsets' "$(said 99)" $'par\t20\t0\tfalse\t69'
check_match 'writing is refused, also of its packet object' "$(said 99)" $'write: .*readonly\t.*read-only.*\t8\tnil\t69'
check_match 'errors are in the log' "$(said 99)" 'test: xtable: .*: matches'
check_match 'so is why it must not' "$(said 99)" 'linux.schedule\(\) may sleep'
check_eq 'each rule was checked, and destroyed' "$(dmesg | grep -c 'check yes') $(dmesg | grep -c 'destroy yes')" '2 2'
rmmod lunatik_run
check 'nothing holds the module' wait_for rmmod luaxtable

run <<'LUA'
local xtable, rcu = require("xtable"), require("rcu")
local store = rcu.table()
local function f() end
store.m = xtable.match { name = "x", revision = 1, family = 2, match = f }
local m, twin = store.m, store.m
m:stop()
print("twice", pcall(twin.stop, twin))
xtable.match { name = "dnsblock", revision = 1, family = 2, match = function(skb, par, how)
  print("asked", type(skb), type(par), how)
  return true
end }
xtable.match { name = "x", revision = 1, family = 2, match = f }
LUA
check_match 'an extension may be stopped by two of its objects' "$(said)" $'^twice\ttrue'
iptables-legacy -A OUTPUT -p icmp -m dnsblock --domains yes -j ACCEPT
ping -c 1 -W 60 127.0.0.1 >/dev/null
check_eq 'and the next one has its own function' "$(said)" $'asked\tuserdata\ttable\tyes'
iptables-legacy -F OUTPUT
rmmod lunatik_run
check 'nothing holds it' wait_for rmmod luaxtable

# A second script of a name changes nothing. A verdict that the table does not know is one that it knows.
run <<'LUA'
local xtable, nf = require("xtable"), require("netfilter")
local function f() return nf.action.RETURN end
local function new(hook) return xtable.target { name = "dnsdoctor", revision = 1, family = 2, hooks = 1 << hook, target = f } end
new(nf.inet_hooks.LOCAL_OUT)
print("second", pcall(new, nf.inet_hooks.PRE_ROUTING))
LUA
check_match 'there is one of a name' "$(said)" $'^second\tfalse\t.*already'
check 'which is where it was' iptables-legacy -A OUTPUT -p icmp -j dnsdoctor
check 'where a target cannot RETURN, it goes on' ping -q -c 1 -W 10 127.0.0.1
iptables-legacy -F OUTPUT
iptables-nft -N returns
iptables-nft -A returns -j dnsdoctor
iptables-nft -A returns -j DROP
iptables-nft -A OUTPUT -p icmp -j returns
check 'where it can, it does' ping -q -c 1 -W 10 127.0.0.1
iptables-nft -F
iptables-nft -X
rmmod lunatik_run

# Whoever makes an extension waits for modprobe, and nobody waits for him.
echo 'install ipt_slow echo $$ >/tmp/slow.pid; exec sleep 60' >/etc/modprobe.d/slow.conf
for name in slow quick; do
	echo "require('xtable').match { name = '$name', revision = 1, family = 2, match = function() end }" >$lua/$name.lua
done
lunatik run slow 2>/dev/null & pid=$!
check 'modprobe is asked for its name' wait_for test -s /tmp/slow.pid
check 'others are made meanwhile' timeout 30 lunatik run quick
kill -9 $pid
wait $pid || true
kill "$(cat /tmp/slow.pid)"
rm /etc/modprobe.d/slow.conf
check 'all of them go' lunatik unload
