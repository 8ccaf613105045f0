#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Rules and states: saved and restored, shared and separate, coming and going, also under load.
. /tests/lib.sh

topology
state() { at "${2:-R}" awk '$1 == '"$1" /proc/net/packetscript; }
column() { state "$1" "${3:-R}" | awk "{ print \$$2 }"; }

cat >count.lua <<'END'
-- loaded, called: how often
loaded = (loaded or 0) + 1
called = 0
print("loaded " .. loaded)
function process_packet(p) called = called + 1 return XT_CONTINUE end
function report(p)
  if called == 1 or called > 500 then print("report: loaded " .. loaded .. ", called " .. called) end
  return XT_CONTINUE
end
END
cat >second.lua <<'END'
print("second: sees " .. tostring(loaded))
function process_packet(p) called = called + 100 return XT_CONTINUE end
END
cat >'with blank "and quotes".lua' <<'END'
function f(p) return XT_CONTINUE end
END

for iptables in iptables-legacy iptables-nft; do
	dmesg -C
	save() { inR $iptables-save -t mangle | grep -v '^#\|^:'; }
	forward() { inR $iptables -t mangle -A FORWARD -p icmp -j LUA "$@"; }

	forward --script count.lua
	forward --script "$PWD/count.lua" --function report
	forward --script count.lua --state 4294967295 --on-error accept
	forward --script 'with blank "and quotes".lua' --function f --state 2 --on-error continue
	forward --script second.lua
	check_match "-S shows the rule, $iptables" "$(inR $iptables -t mangle -S)" "-j LUA --script \"$PWD/count.lua\""
	check_match "-L shows the rule, $iptables" "$(inR $iptables -t mangle -L)" "LUA .*script .*count\.lua.*state 4294967295 on-error accept"
	check_eq "rules of a state, $iptables" "$(column 0 2)" 3
	check_eq "rules of another state, $iptables" "$(column 4294967295 2)" 1
	check_eq "two rules load a script once" "$(klog_since | grep -c 'state 0: .*count.lua:4: loaded 1')" 1
	check 'a second script sees the globals of the first' klog_has 'second: sees 1'

	save >before
	inR $iptables-save -t mangle | inR $iptables-restore
	save >after
	check "saved and restored rules are the same, $iptables" diff before after
	check_eq "restored rules found their states, $iptables" "$(column 0 2)" 3
	loads=$(klog_since | grep -c 'count.lua:4: loaded' || true)
	check 'packets pass' inA ping -c 2 -i 0.1 -W 60 10.0.0.2
	inR $iptables -t mangle -A FORWARD -p tcp -j MARK --set-mark 1
	check_eq 'an unrelated rule loads nothing' "$(klog_since | grep -c 'count.lua:4: loaded')" "$loads"
	inA ping -c 1 -W 60 10.0.0.2 >/dev/null
	# 3 pings, request and answer: 6 packets; report comes after the first call and before the second script's
	check 'globals outlive an unrelated rule' klog_has "state 0: .*report: loaded 1, called $((5 * 101 + 1))"
	check 'each rule kept its function' klog_has 'state 0: .*report: loaded 1, called 1$'

	check "-C finds the rule, $iptables" inR $iptables -t mangle -C FORWARD -p icmp -j LUA --script ./count.lua
	check "-D finds the rule, $iptables" inR $iptables -t mangle -D FORWARD -p icmp -j LUA --script ./count.lua
	inR $iptables -t mangle -F
	gone() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
	check "states go with their last rule, $iptables" wait_for gone
done

# memory is back where it was
{
	echo '*mangle'
	for i in {1..100}; do echo "-A FORWARD -j LUA --script \"$PWD/quiet.lua\" --state $i"; done
	echo COMMIT
} >many
echo 'function process_packet(p) return XT_CONTINUE end' >quiet.lua
add_and_delete() {
	inR iptables-legacy-restore many
	inR iptables-legacy -t mangle -F
	echo '# 100 states have come and gone'
}
add_and_delete
add_and_delete
# a debug kernel holds freed memory back; kmemleak looks there
slack=200
[ ! -e /sys/kernel/debug/kmemleak ] || slack=50000
# not all of the difference is ours; what leaks grows each time
for round in 1 2 3; do
	before=$(unreclaimable)
	for i in {1..5}; do add_and_delete; done
	growth=$(($(unreclaimable) - before))
	[ $growth -ge $slack ] || break
done
check "500 states come and go without a trace ($growth KB)" [ $growth -lt $slack ]

# memory that a script gives back is given back: what it seems to hold is what it holds
cat >shrink.lua <<'END'
kept = {}
function process_packet(p)
  for i = 1, 3 do
    local t = {}
    for j = 1, 8192 do t[j] = j end
    for j = 2, 8192 do t[j] = nil end
    t.x = 1
    kept[#kept + 1] = t
  end
  return XT_CONTINUE
end
END
inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script shrink.lua --on-error continue
before=$(unreclaimable)
inA ping -c 100 -i 0.01 -W 60 -q 192.168.0.1 >/dev/null
after=$(unreclaimable)
check "tables that shrank hold little ($before KB before, $after KB after)" [ $((after - before)) -lt $((slack + 7500)) ]
inR iptables -t mangle -F

# a flood of lines: how many are left out is said, by each state for itself
cat >flood.lua <<'END'
local n = 0
function process_packet(p)
  n = n + 1
  print("line", n, "a\tb")
  if n % 30 == 0 then error("flooded") end
  return XT_CONTINUE
end
END
echo 'function process_packet(p) print("a line of another state") return XT_CONTINUE end' >line.lua
dmesg -C
inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script flood.lua --on-error continue
inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script flood.lua --state 1 --on-error continue
inA ping -c 20 -i 0.01 -W 1 -q 192.168.0.1 >/dev/null
inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script line.lua --state 2
inA ping -c 1 -W 1 -q 192.168.0.1 >/dev/null
check_eq 'ten lines of print' "$(klog_since | grep -c 'state 1: .*flood.lua:4: ')" 10
check 'values are a tab apart, and what is no text in them is escaped' klog_has $'state 0: .*flood.lua:4: line\t7\ta\\\\x09b$'
check 'another state prints' klog_has 'state 2: .*a line of another state'
# and so is a flood of errors, by each rule for itself: B's, of its own packets
cat >fails.lua <<'END'
function process_packet(p) error("again") end
END
inB iptables -t mangle -A OUTPUT -p icmp --icmp-type echo-request -j LUA --script fails.lua --on-error continue
inB ping -c 25 -i 0.01 -W 1 -q 127.0.0.1 >/dev/null
check_eq 'ten errors of a rule' "$(klog_since | grep -c 'fails.lua:1: again')" 10
sleep 5.1
inA ping -c 9 -i 0.01 -W 1 -q 192.168.0.1 >/dev/null
check_eq 'the rest was left out' "$(klog_since | grep -c 'state [01]: 11 lines of print and nf.log left out')" 2
inB ping -c 1 -W 1 -q 127.0.0.1 >/dev/null
check 'and how many errors were left out' klog_has 'state 0: 15 errors of this rule left out'
inB iptables -t mangle -F
inA ping -c 30 -i 0.01 -W 1 -q 192.168.0.1 >/dev/null
inR iptables -t mangle -F
check 'a state that closes says it too' klog_has 'state 0: 29 lines of print and nf.log left out'

# another namespace has states of its own
inR iptables -t mangle -A PREROUTING -p icmp -j LUA --script count.lua
inB iptables -t mangle -A PREROUTING -p icmp -j LUA --script count.lua
inA ping -c 1 -W 60 10.0.0.2 >/dev/null
check_eq 'R counts two packets' "$(column 0 3 R)" 2
check_eq 'B counts one' "$(column 0 3 B)" 1
inB iptables -t mangle -F
check_match 'the state of R stays' "$(state 0 R)" '^0 +1 '
check_fails 'the modules are in use' rmmod xt_LUA
ip netns add C
ip netns exec C iptables-legacy -t mangle -A PREROUTING -j LUA --script count.lua
ip netns exec C iptables-nft -t mangle -A OUTPUT -j LUA --script count.lua
ip netns del C

# a user namespace is not enough to load a script
check_fails 'loading needs rights outside of user namespaces' \
	unshare -rn iptables-legacy -t mangle -A OUTPUT -j LUA --script count.lua
check_fails 'with nft too' unshare -rn iptables-nft -t mangle -A OUTPUT -j LUA --script count.lua

# rules come and go under load; then the module
inR iptables -t mangle -F
ip netns exec A timeout 1000 ping -f -q -s 1200 10.0.0.2 >/dev/null 2>&1 & first=$!
ip netns exec A timeout 1000 ping -f -q 10.0.0.2 >/dev/null 2>&1 & second=$!
for ((i = $(rounds 15 6); i; i--)); do
	for iptables in iptables-legacy iptables-nft; do
		inR $iptables -t mangle -A PREROUTING -j LUA --script /examples/nat.lua --function process_packet_dnat --state $((i % 3))
		inR $iptables -t mangle -I FORWARD -j LUA --script count.lua --state $((i % 3))
	done
	inR iptables-legacy -t mangle -F
	inR iptables-nft -t mangle -F
done
check 'the modules go while packets flow' wait_for unload
check 'and come back' inR iptables -t mangle -A FORWARD -j LUA --script count.lua
check 'and has packets again' wait_for eval '[ "$(column 0 3)" -gt 0 ]'
inR iptables -t mangle -F
check 'and go again' wait_for unload
kill $first $second
wait $first $second || true
check 'packets pass' inA ping -c 1 -W 60 10.0.0.2
