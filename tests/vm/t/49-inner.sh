#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# A packet that what a script says has made at once, within the call that says it: no script is called for it, as it would wait for itself.
. /tests/lib.sh

modprobe -q nlmon && modprobe -q act_mirred && modprobe -q cls_matchall && modprobe -q ip_gre || skip 'the kernel lacks nlmon, or what sends its packets on'
topology
modprobe xt_LUA

# What 'packetscript log' is told comes to the device nm0, as a copy; tc sends that out of a tunnel, at once, and so it comes to the hook
# where the scripts are that say something.
ip -n R link add g0 type gretap local 10.0.0.1 remote 10.0.0.2
ip -n R link add nm0 type nlmon
for device in g0 nm0; do ip -n R link set $device up; done
inR tc qdisc replace dev g0 root noqueue # what waits in a queue comes when the script has ended
inR tc qdisc add dev nm0 clsact
inR tc filter add dev nm0 egress matchall action mirred egress redirect dev g0
cat >say.lua <<'LUA'
local n = 0
function say(ip) n = n + 1 print("packet " .. n) return NF_ACCEPT end
LUA
# asks COUNT: so many packets leave
asks() { inR taskset -c 0 ping -q -c "$1" -i 0.05 -W 60 10.0.0.2 >/dev/null; }
# counts: packets and errors of each state, from where it takes no netlink to know them
counts() { inR awk '$1 ~ /^[0-9]+$/ { print $3, $4 }' /proc/net/packetscript; }
lines() { grep -c 'packet [0-9]' heard || true; }
heard() { [ "$(lines)" -ge "$1" ]; }
# listens ATTACH…: the listener, and the script, of which he has heard
listens() {
	: >heard
	(exec ip netns exec R packetscript log) >heard 2>&1 &
	listener=$!
	packetscript attach say.lua --netns R --hook output -f say --on-error continue "$@"
	wait_for eval 'asks 1; heard 1' || fail "who listens hears it" "$(cat heard)"
}
# settles: nothing is said any more
settles() {
	local before=
	until [ "$before" = "$(stat -c %s heard)" ]; do
		before=$(stat -c %s heard)
		sleep 1
	done
}
ends() {
	settles
	kill $listener
	wait $listener 2>/dev/null || true
}
gone() { packetscript detach say.lua --netns R >/dev/null; }
# called: how often functions have been called, of all states; refused: and how often not
called() { counts | awk '{ n += $1 } END { print n }'; }
refused() { counts | awk '{ n += $2 } END { print n }'; }
# begins: what is counted from then on
begins() {
	settles
	lines=$(lines) called=$(called) refused=$(refused)
}
# was LINES REFUSED: so many at least, and a line for each call; others of R's own packets are not many
was() {
	local l=$(($(lines) - lines)) c=$(($(called) - called)) r=$(($(refused) - refused))
	[ $l = $c ] && [ $l -ge "$1" ] && [ $l -lt $(($1 + 10)) ] && [ $r -ge "$2" ] || { echo "$l lines, $c calls, $r refused"; false; }
}

for options in '' --percpu; do
	about=${options:-shared}
	dmesg -C
	# shellcheck disable=SC2086 # options are words
	listens $options
	begins
	asks 20
	check "$about: who listens hears each packet's line" wait_for heard $((lines + 20))
	ends
	check "$about: a call for each packet, and none for the lines, which came to the same hook" was 20 20
	check_eq "$about: they are the function's errors, too" "$(inR packetscript stats --json | grep -o '"errors":[0-9]*' | sort -u | wc -l)" 1
	check_match "$about: the log says why" "$(all_said)" 'state 0: not called for a packet that a script or the log has made at once: .*\(on error: continue\)'
	gone
done

# Two states, each with a function at the hook: neither is called for what the other one says.
cp say.lua more.lua
dmesg -C
listens
packetscript attach more.lua --netns R --hook output -f say --priority 5 --state 1 --on-error continue
begins
asks 20
wait_for heard $((lines + 40))
ends
check 'two states: two calls for each packet, and none for a line, which came to both' was 40 80
check 'and each says so' eval '[ "$(all_said | grep -oE "state [01]: not called for" | sort -u | wc -l)" = 2 ]'
packetscript detach more.lua --netns R >/dev/null
gone

# A hook of a runtime, behind that of a script that says something
modprobe luanetfilter
dmesg -C
listens
run <<'LUA'
local nf = require("netfilter")
local n, inner = 0, 0 -- requests, and what the tunnel sends of netlink's messages
nf.register {
  pf = nf.family.IPV4, hooknum = nf.inet_hooks.LOCAL_OUT, priority = 10, on_error = nf.action.ACCEPT,
  hook = function(skb)
    local protocol = skb:getuint8(9)
    if protocol == 47 then inner = inner + 1 end
    if protocol == 1 and skb:getuint8(20) == 8 then n = n + 1 print("runtime " .. n .. " " .. inner) end
    return nf.action.ACCEPT
  end,
}
LUA
begins
asks 20
wait_for heard $((lines + 20))
ends
said=$(($(lines) - lines))
read -r runtime inner < <(all_said | sed -n 's/^runtime //p' | tail -n 1)
check "a runtime behind it has the packets that no script has made ($runtime)" [ "$runtime" -ge 20 ]
check "but not what the script says ($said lines, $inner)" [ "$inner" -lt $((said / 2)) ]
check_match 'the log says that' "$(all_said)" 'test: not called for a packet that a script or the log has made at once'
gone
rmmod lunatik_run
ip -n R link del g0

# netconsole sends lines of the log through a tunnel of the first network namespace, with interrupts disabled: no time limit would hold there.
modprobe dummy
if modinfo netconsole >/dev/null 2>&1; then
	ip link add d0 type dummy
	ip addr add 10.9.0.1/24 dev d0
	ip link set d0 up
	ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:02 dev d0 nud permanent
	ip link add gc0 type gretap local 10.9.0.1 remote 10.9.0.2
	ip addr add 10.10.0.1/24 dev gc0
	ip link set gc0 up
	cat >loop.lua <<'LUA'
function loop(ip) if ip.protocol == 47 then while true do end end return NF_ACCEPT end
LUA
	for options in '' --percpu; do
		about="netconsole, ${options:-shared}"
		# shellcheck disable=SC2086 # options are words
		packetscript attach loop.lua --hook output -f loop --on-error continue $options
		modprobe netconsole netconsole=@10.10.0.1/gc0,@10.10.0.2/02:00:00:00:00:09
		sent=$(</sys/class/net/d0/statistics/tx_packets)
		echo '<1>a line for netconsole' >/dev/kmsg
		left() { [ "$(</sys/class/net/d0/statistics/tx_packets)" -gt "$sent" ]; }
		check "$about: a line leaves by the tunnel, and no script is called for it" wait_for left
		rmmod netconsole
		check_match "$about: which the function's counts tell" "$(awk '$1 ~ /^[0-9]+$/ { print $3, $4 }' /proc/net/packetscript)" '[1-9][0-9]*$'
		packetscript detach loop.lua >/dev/null
	done
	ip link del gc0
	ip link del d0
fi
modprobe -r ip_gre # else each namespace of tests that come has tunnels
