#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# --percpu: each CPU has its own globals; the copies come and go as one state, with CPUs too, also under load.
. /tests/lib.sh

[ "$(nproc)" -ge 2 ] || skip 'one CPU'
topology
readonly cpu1=/sys/devices/system/cpu/cpu1/online
column() { inR awk '$1 == '"$1"' { print $'"$2"' }' /proc/net/packetscript; }
rule() { inR $iptables -t mangle "$1" FORWARD -p icmp -j LUA --script "${@:2}"; }
offline() { echo 0 >$cpu1; }
online() { echo 1 >$cpu1; }
no_state() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
flush() {
	inR $iptables -t mangle -F
	wait_for no_state
}
# ping_on CPU COUNT: veth's packets stay on the CPU of who sends them, and so do the answers
ping_on() { inA taskset -c "$1" ping -q -c "$2" -i 0.01 -W 60 ${3:-} ${4:-} 10.0.0.2 >/dev/null; }
# told_on CPU: what report prints there, after one packet more and before the answer to it
told_on() {
	ping_on "$1" 1 -t 99
	klog_since | sed -n 's/.*count.lua:[0-9]*: loads/loads/p' | tail -n 1
}
seen() { klog_since | sed -n 's/.*second: sees //p' | sort -n | paste -sd ' '; }

cat >count.lua <<'END'
loads = (loads or 0) + 1
called = 0
function process_packet(p) called = called + 1 return XT_CONTINUE end
function report(p)
  if p:data(packet_eth):data(packet_ip).ttl == 98 then print("loads " .. loads .. ", called " .. called) end
  return XT_CONTINUE
end
END
cat >second.lua <<'END'
print("second: sees " .. called)
function process_packet(p) called = called + 1000 return XT_CONTINUE end
END
cat >coin.lua <<'END'
-- every other copy fails
if math.random(2) == 1 then error("tails") end
function process_packet(p) return XT_CONTINUE end
END
echo 'function process_packet(p) return XT_CONTINUE end _G.x = 1 -- what it defines cannot be told without running it' >quiet.lua
echo 'function process_packet(p) error("on purpose") end' >bad.lua

for iptables in iptables-legacy iptables-nft; do
	dmesg -C
	save() { inR $iptables-save -t mangle | grep -v '^#\|^:'; }

	# its own globals
	rule -A count.lua --percpu
	check_eq "a copy for each CPU, $iptables" "$(column 0 7)" "$(nproc)"
	rule -A count.lua --percpu --function report
	check_eq 'a second rule is of the same state' "$(column 0 2)" 2
	ping_on 0 3
	ping_on 1 5
	check_eq 'CPU 0 loaded once and counted its packets' "$(told_on 0)" 'loads 1, called 7'
	check_eq 'CPU 1 its own' "$(told_on 1)" 'loads 1, called 11'
	check_eq 'the sum is of both' "$(column 0 3)" $((2 * 20))
	rule -A second.lua --percpu
	check_eq 'a second script sees the globals of its CPU' "$(seen)" '8 12'
	check_eq 'and they count on' "$(told_on 1)" 'loads 1, called 13'
	check_eq 'together' "$(told_on 1)" 'loads 1, called 2015'

	# saved, restored
	save >before
	check_match '-S shows it' "$(cat before)" 'count\.lua" --percpu'
	check_match '-L shows it' "$(inR $iptables -t mangle -L)" 'LUA .*script .*count\.lua.? percpu'
	inR $iptables-save -t mangle | inR $iptables-restore
	save >after
	check 'saved and restored rules are the same' diff before after
	check_eq 'and found their state' "$(column 0 3)" $((2 * 20 + 12))
	check '-C finds the rule' inR $iptables -t mangle -C FORWARD -p icmp -j LUA --script count.lua --percpu
	check_fails '-C tells it from one without' inR $iptables -t mangle -C FORWARD -p icmp -j LUA --script count.lua

	# both kinds in one state
	check_fails 'no shared rule in such a state' rule -A count.lua
	check 'and the log says so' klog_has 'state 0 has rules with --percpu: give this rule another --state'
	rule -A count.lua --state 1
	check_fails 'no such rule in a shared state' rule -A count.lua --state 1 --percpu
	check 'and the log says so too' klog_has 'state 1 has rules without --percpu: give this rule another --state'
	check_eq 'a shared state has no number of CPUs' "$(column 1 7)" -
	check 'the states go with their last rule' flush

	# a copy that fails
	dmesg -C
	for ((tries = 0; tries < 60; tries++)); do
		accepted=yes
		rule -A coin.lua --percpu 2>/dev/null || accepted=no
		[ $accepted = yes ] || no_state || fail 'a state is left'
		flush
		! klog_has 'CPU 1: .*coin.lua: not loaded: .*tails' || break
	done
	check 'one copy fails at last' klog_has 'CPU 1: .*coin.lua: not loaded: .*tails'
	check_eq 'and that refuses the rule' $accepted no
	check_eq 'no rule is left' "$(inR $iptables -t mangle -S FORWARD)" '-P FORWARD ACCEPT'
	rule -A quiet.lua --percpu
	rules=1
	for _ in {1..10}; do
		! rule -A coin.lua --percpu 2>/dev/null || rules=$((rules + 1))
	done
	check_eq 'a state that was there keeps the rules that were not refused' "$(column 0 2)" $rules
	check_fails 'a missing function is refused' rule -A quiet.lua --percpu --function none
	check_eq 'and leaves nothing' "$(column 0 2)" $rules
	ping_on 0 1
	ping_on 1 1
	check_eq 'packets pass all of them' "$(column 0 3)" $((4 * rules))
	flush
done
iptables=iptables-legacy

# errors
dmesg -C
rule -A bad.lua --percpu --on-error continue --state 5
ping_on 0 2
ping_on 1 3
check 'an error says on which CPU' klog_has 'CPU 1: state 5: .*bad.lua:1: on purpose .on error: continue.'
check_eq 'errors of all CPUs are counted' "$(column 5 4)" 10
flush

# a CPU goes and comes
dmesg -C
rule -A count.lua --percpu
rule -A count.lua --percpu --function report
ping_on 1 3
offline
check_eq 'the CPU went' "$(nproc)" 1
check_eq 'its counts did not' "$(column 0 3)" 12
check 'a script is loaded for a CPU that is offline' rule -A second.lua --percpu
check_eq 'in its own globals' "$(seen)" '0 6'
check 'a rule goes meanwhile' rule -D second.lua --percpu
online
check_eq 'the CPU finds its globals again' "$(told_on 1)" 'loads 1, called 7'
flush

# a CPU that was offline when the rules were made
offline
dmesg -C
rule -A count.lua --percpu
rule -A count.lua --percpu --function report
rule -A second.lua --percpu
rm second.lua
ping_on 0 1
check_eq 'a CPU that is offline has no copy' "$(column 0 7)" 1
online
check_eq 'and gets one when it comes' "$(column 0 7)" 2
check_eq 'with every script, as it was loaded' "$(seen)" '0 0'
ping_on 1 1
check_eq 'which works' "$(told_on 1)" 'loads 1, called 2003'
flush

# a copy that cannot be made when a CPU comes
dmesg -C
for ((tries = 0; tries < 60; tries++)); do
	offline
	until rule -A coin.lua --percpu 2>/dev/null; do :; done
	online 2>/dev/null || break
	flush
done
check_eq 'a CPU whose copy fails stays offline' "$(<$cpu1)" 0
check 'and the log says why' klog_has 'state 0: no copy for CPU 1, which stays offline'
check 'the others go on' ping_on 0 1
flush
check 'it comes when the rule is gone' online

# under load
pings=()
for cpu in 0 1; do
	ip netns exec A taskset -c $cpu timeout 1000 ping -f -q -s $((56 + 1200 * cpu)) 10.0.0.2 >/dev/null 2>&1 &
	pings+=($!)
done
for ((i = $(rounds 5 3); i; i--)); do
	echo "# rules come and go, $i" # what says nothing for long is ended
	for iptables in iptables-legacy iptables-nft; do
		rule -A count.lua --percpu --state $((i % 2))
		rule -I quiet.lua --percpu --state $((i % 2))
		rule -A count.lua --percpu --state $((i % 2)) --function report
		rule -D count.lua --percpu --state $((i % 2))
	done
	for iptables in iptables-legacy iptables-nft; do inR $iptables -t mangle -F; done
done
iptables=iptables-legacy
wait_for no_state
rule -A count.lua --percpu
(
	for ((n = $(rounds 10 5); n; n--)); do
		offline
		online
	done
) &
toggler=$!
for ((i = $(rounds 10 5); i; i--)); do
	echo "# beside a CPU that does, $i"
	rule -A quiet.lua --percpu
	rule -A count.lua --percpu --state 3
	rule -D quiet.lua --percpu
	rule -D count.lua --percpu --state 3
done
toggled=0
wait $toggler || toggled=$?
check_eq 'rules and a CPU come and go at the same time' $toggled 0
check 'packets pass the rules' wait_for eval '[ "$(column 0 3)" -ge 100 ]'
check_eq 'no errors under load' "$(column 0 4)" 0
inR iptables-legacy -t mangle -F
check 'the modules go while packets flow' wait_for unload
kill "${pings[@]}"
wait "${pings[@]}" || true
check 'packets pass' ping_on 1 1

# memory is back where it was; a debug kernel holds it back, but kmemleak looks there
[ ! -e /sys/kernel/debug/kmemleak ] || exit 0
{
	echo '*mangle'
	for i in {1..50}; do echo "-A FORWARD -j LUA --script \"$PWD/quiet.lua\" --state $i --percpu"; done
	echo COMMIT
} >many
add_and_delete() {
	inR iptables-legacy-restore many
	inR iptables-legacy -t mangle -F
}
add_and_delete
add_and_delete
# not all of the difference is ours; what leaks grows each time
for _ in 1 2 3; do
	before=$(unreclaimable)
	for _ in {1..5}; do add_and_delete; done
	growth=$(($(unreclaimable) - before))
	[ $growth -ge 200 ] || break
done
check "250 states come and go without a trace ($growth KB)" [ $growth -lt 200 ]
