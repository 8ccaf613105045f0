#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Runtimes of each kind are stopped, unloaded and reloaded while they are used: nothing is left, and nothing grows.
# On the kernel's command line: stops=N, how often each (once); parts=stop,unload,reload, which of them (the first two).
# A stop of probes that hangs waits for a grace period of RCU tasks: rcupdate.rcu_task_stall_timeout=2500 there (jiffies) names the
# task that it waits for in the kernel's log.
# timeout: 400
. /tests/lib.sh

times=$(option stops 1) parts=$(option parts stop,unload)

prefix=__x64_sys_
[ "$(uname -m)" != aarch64 ] || prefix=__arm64_sys_
mkdir -p $lua/stops
# script NAME <<<TEXT
script() { cat >"$lua/stops/$1.lua"; }

script read <<'LUA'
require("device").new { name = "stops", read = function(_, length) return ("x"):rep(length) end }
LUA
script hook <<'LUA'
local nf = require("netfilter")
nf.register { pf = nf.family.INET, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 0, hook = function(skb)
  skb:setuint8(8, skb:getuint8(8))
  return nf.action.ACCEPT
end }
LUA
script soft <<'LUA'
local nf, data, rcu = require("netfilter"), require("data"), require("rcu")
local seen = rcu.table()
nf.register { pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_IN, priority = 0, hook = function(skb)
  local id = tostring(skb:getuint16(4) & 255)
  if seen[id] then seen[id] = nil else seen[id] = data.new(64) end
  return nf.action.ACCEPT
end }
LUA
script loop <<'LUA'
local thread = require("thread")
return function() while not thread.shouldstop() do end end
LUA
script accept <<'LUA'
local socket = require("socket")
local sock = socket.new(socket.af.INET, socket.sock.STREAM)
sock:bind(0x7f000001, 0)
sock:listen()
return function() sock:accept() end
LUA
script probe <<'LUA'
local n = 0
require("probe").new("ip_rcv", { pre = function() n = n + 1 end, post = function() n = n + 1 end })
LUA
sed "s/@/$prefix/g" <<'LUA' | script calls
local probe, syscall, n = require("probe"), require("syscall.table"), 0
for _, name in ipairs { "read", "write", "openat", "close" } do
  probe.new(syscall[name], { pre = function() n = n + 1 end })
end
LUA
script devices <<'LUA'
local n = 0
require("notifier").netdevice(function() n = n + 1 end)
LUA
script mail <<'LUA'
local inbox = require("mailbox").inbox(4096)
return function() pcall(inbox.receive, inbox) end
LUA
script sleep <<'LUA'
local linux, thread = require("linux"), require("thread")
return function() while not thread.shouldstop() do linux.schedule(1) end end
LUA
script match <<'LUA'
require("xtable").match { name = "dnsblock", revision = 1, family = 2, proto = 0, hooks = 0,
  match = function(skb, par) return skb:getuint8(9) == 17 end }
LUA
# What loops comes last: so the modules of the others are loaded before it takes one of two processors.
kinds="read hook soft:false accept! probe calls devices mail! sleep!"
rule=
if [ -n "$(find /usr/lib -name libxt_dnsblock.so)" ]; then rule=1 kinds+=" match"; fi
kinds+=" loop!"

# starts, stops: lines that run or stop all kinds
starts() {
	local kind name
	echo "local runner = require('lunatik.runner')"
	for kind in $kinds; do
		name=${kind%%[:!]*}
		case $kind in
		*!) echo "runner.spawn('stops/$name')" ;;
		*:false) echo "runner.run('stops/$name', false)" ;;
		*) echo "runner.run('stops/$name')" ;;
		esac
	done
}
stops() {
	local kind
	echo "local runner = require('lunatik.runner')"
	for kind in $kinds; do echo "runner.stop('stops/${kind%%[:!]*}')"; done
	echo 'collectgarbage()' # threads that have ended
}
# lines: a file of them, in one go
lines() { tr '\n' ' ' | lunatik; }

# --- load: a device that is read, packets, devices that come and go ---
ip link set lo up
busy=()
# They rest, as else little is left of a slow machine for what is tested, and start no programs, which would be most of what it does.
exec {never}<> <(:)
rest() { read -rt "$1" -u "$never" || true; }
# The device that is read is not always there.
reads() {
	while :; do
		if [ -c /dev/stops ]; then read -rN 1000 </dev/stops || true; fi
		rest 0.02
	done
}
comes_and_goes() {
	while echo 'link add stops0 type dummy' && echo 'link del stops0'; do rest 0.5; done
}
load() {
	reads 2>/dev/null & busy+=($!)
	ip -force -batch - < <(comes_and_goes) 2>/dev/null & busy+=($!)
	ping -i 0.02 -q 127.0.0.1 >/dev/null & busy+=($!) # below 10 ms it polls
}
no_load() {
	kill "${busy[@]}"
	wait "${busy[@]}" 2>/dev/null || true
	busy=()
}

used() { lsmod | awk '$1 ~ /^lua|^lunatik|^packetscript/ { print $1, $3 }' | sort; }
memory() { echo "$(unreclaimable) $(awk '/^VmallocUsed/ { print $2 }' /proc/meminfo)"; }
# check_memory WHAT BEFORE: in KB of slabs and of other memory
check_memory() {
	local slabs vmalloc slabs_before vmalloc_before
	read -r slabs_before vmalloc_before <<<"$2"
	read -r slabs vmalloc <<<"$(memory)"
	check "$1: slabs have not grown ($slabs_before, $slabs KB)" [ $((slabs - slabs_before)) -lt 2000 ]
	check "$1: nor has other memory ($vmalloc_before, $vmalloc KB)" [ $((vmalloc - vmalloc_before)) -lt 2048 ]
}
rule() { [ -z "$rule" ] || iptables-legacy "$1" OUTPUT -m dnsblock; }
all_run() { [ "$(lunatik list | tr ',' '\n' | wc -l)" = "$(wc -w <<<"$kinds")" ]; }

lunatik load
starts | lines
check_match 'all kinds run' "$(lunatik list)" 'stops/accept.*stops/sleep'
rule -A
stops | lines
check_eq 'and are stopped' "$(lunatik list)" ''

if [[ $parts == *stop* ]]; then
	before_used=$(used)
	load
	before=
	for ((done = 0; done < times; done += now)); do
		now=$((times - done < 10 ? times - done : 10))
		echo "# $done rounds"
		check "$now rounds of $(wc -w <<<"$kinds") stops" lines <<-END
			for i = 1, $now do $(starts; echo 'require("linux").schedule(20)'; stops) end
		END
		[ -n "$before" ] || before=$(memory)
	done
	no_load
	check_eq 'stop: the modules are used as before' "$(used)" "$before_used"
	check_memory stop "$before"
fi
rule -D

# cycle WORD: all kinds run, and then the command
cycle() {
	starts | lines
	[ -z "$rule" ] || { rule -A && rule -D; }
	lunatik "$1"
}
for part in unload reload; do
	[[ $parts == *$part* ]] || continue
	load
	before= failed=0
	for ((i = 1; i <= times; i++)); do
		[ $((i % 2)) != 0 ] || echo "# $i ${part}s"
		cycle $part >said 2>&1 || { failed=$((failed + 1)); sed 's/^/# /' said; used | sed 's/^/# /'; }
		[ "$part" = unload ] || [ -z "$(lunatik list)" ] || failed=$((failed + 1))
		[ $i != 2 ] || before=$(memory)
	done
	no_load
	check_eq "$times ${part}s while all kinds run" $failed 0
	check_memory $part "${before:-$(memory)}"
done
starts | lines
check 'all is unloaded at the end' lunatik unload
check_eq 'no module is left' "$(used)" ''
check_eq 'scripts had nothing to complain of' "$(said 99 | grep -v 'taint' || true)" ''
