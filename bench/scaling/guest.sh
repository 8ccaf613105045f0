#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 900
# In the machine: packets in a second, from one CPU and from two. Prints, for bench/scaling/run:
#   RESULT way one two    a round, where way is plain, percpu or shared
. /tests/lib.sh

hurried

readonly dir=/bench to=8.8.8.8 nobody=02:00:00:00:00:99 ways='plain percpu shared'
read -r rounds window <$dir/rounds
declare -A sender counter

# network WAY: A, which sends, R, and B, which drops what comes. Each way has its own, so that plain has no table at all;
# without IPv6, so that nothing else is sent.
network() {
	local ns way=$1
	for ns in A R B; do
		ip netns add $ns-$way
		ip netns exec $ns-$way bash -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; echo 1 >/proc/sys/net/ipv4/ip_forward'
	done
	ip -batch - <<-END
		link add rA netns R-$way type veth peer name eth0 netns A-$way
		link add rB netns R-$way type veth peer name eth0 netns B-$way
	END
	ip -n A-$way link set eth0 up
	ip -n B-$way link set eth0 up
	ip -n R-$way -batch - <<-END
		addr add 192.168.0.1/24 dev rA
		addr add 10.0.0.1/24 dev rB
		link set rA up
		link set rB up
		neigh replace 10.0.0.2 lladdr $nobody dev rB nud permanent
		route add $to via 10.0.0.2
	END
}

# senders WAY: a flow from each CPU, held up. veth hands packets on where they were sent.
senders() {
	local mac cpu
	mac=$(ip netns exec R-$1 cat /sys/class/net/rA/address)
	for cpu in 0 1; do
		ip netns exec A-$1 taskset -c $cpu $dir/udpsend eth0 "$mac" 192.168.0.$((2 + cpu)) $to 64 10000000 >/dev/null &
		sender[$1 $cpu]=$!
		sleep 0.3
		kill -STOP $!
	done
	ip netns exec B-$1 sleep 100000 & # its /proc/PID/net is B's
	counter[$1]=$!
}

rule() { ip netns exec R-$1 iptables-legacy -t mangle -A POSTROUTING -d $to -j LUA --script $dir/handler.lua "${@:2}"; }

# count WAY: sets packets and time
count() {
	local name bytes rest
	while read -r name bytes packets rest; do [ "$name" != eth0: ] || break; done <"/proc/${counter[$1]}/net/dev"
	time=${EPOCHREALTIME/./}
}

# rate WAY CPU…: sets rate, the packets in a second
rate() {
	local way=$1 cpu pids=() packets time before begin
	shift
	for cpu; do pids+=("${sender[$way $cpu]}"); done
	kill -CONT "${pids[@]}"
	read -r -t 0.05 -u 4 || true
	count $way
	before=$packets begin=$time
	read -r -t "$window" -u 4 || true
	count $way
	kill -STOP "${pids[@]}"
	rate=$(((packets - before) * 1000000 / (time - begin)))
}

measure() {
	local way cpus
	local -A one=() two=()
	for cpus in 0 '0 1' 1 '0 1'; do
		for way in $ways; do
			rate $way $cpus
			if [ "$cpus" = '0 1' ]; then two[$way]=$((${two[$way]:-0} + rate)); else one[$way]=$((${one[$way]:-0} + rate)); fi
		done
	done
	for way in $ways; do echo "RESULT $way $((one[$way] / 2)) $((two[$way] / 2))"; done
}

mkfifo silence
exec 4<>silence
modprobe veth
for way in $ways; do network $way; done
rule percpu --percpu
rule shared
for way in $ways; do senders $way; done
measure >/dev/null # the emulator has to see everything once
for ((round = 0; round < rounds; round++)); do measure; done
for way in percpu shared; do
	check_eq "$way: the handler saw packets and had no errors" \
		"$(ip netns exec R-$way awk 'NR == 2 { print ($3 > 10000), $4 }' /proc/net/packetscript)" '1 0'
done
