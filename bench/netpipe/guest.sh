#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 7200
# In the machine: does what /bench/selection names, in a line an experiment, a network and a way through R.
# Prints, for run:
#   RESULT curve network way bytes megabits seconds    as NetPIPE writes them
#   RESULT download network way bytes seconds packets pulled
#   NOTE text
. /tests/lib.sh

hurried

. /bench/networks.sh
readonly dir=/bench

# --- the ways through R ---

# Only what is translated gets an answer.
hide_a() { ip -n B route del default; }

way_none() { :; }

way_linux() {
	hide_a
	rule nat -A POSTROUTING -o rB -j SNAT --to-source 10.0.0.1
	rule nat -A PREROUTING -i rB -j DNAT --to-destination 192.168.0.2
}

# Packets that are forwarded come to one hook of each of these tables, and to three of mangle.
way_ours() {
	hide_a
	rule filter -A FORWARD -o rB -j LUA --script $dir/nat.lua --function process_packet_snat
	rule raw -A PREROUTING -i rB -j LUA --script $dir/nat.lua --function process_packet_dnat
}

# As the thesis prints it: both in mangle.
way_printed() {
	hide_a
	rule mangle -A POSTROUTING -o rB -j LUA --script $dir/nat.lua --function process_packet_snat
	rule mangle -A PREROUTING -i rB -j LUA --script $dir/nat.lua --function process_packet_dnat
}

way_table() { rule mangle -F; }
way_rule() { rule mangle -A FORWARD -j LUA --script $dir/headers.lua; }

# --- measuring ---

up() {
	topology
	network_$network
	[ $way = linux ] || [ ! -d /sys/module/nf_conntrack ] || fail "$network $way: conntrack is not there"
	way_$way
	sleep 1 # let it be quiet
}

down() {
	local lost
	lost=$(($(snmp A Tcp RetransSegs) + $(snmp B Tcp RetransSegs)))
	[ $lost = 0 ] || echo "NOTE $network $way: $lost segments were sent twice"
	[ "$(of_state errors)" -eq 0 ] || fail "$network $way: the script has no errors" "$(dmesg | tail -n 5)"
	ip netns pids B | xargs -r kill 2>/dev/null || true # nginx would keep the namespace; it is two processes
	printf 'netns del %s\n' A R B | ip -batch -
	sleep 2 # that goes on in the background
}

listening() { [ -n "$(inB ss -Hltn "sport = :$1")" ]; }

# netpipe FROM TO REPEATS: one connection
netpipe() {
	local options=(-p 0 -b 200000 -l "$1" -u "$2" -n "$3")
	inB $dir/NPtcp "${options[@]}" >receiver.log 2>&1 &
	wait_for listening 5002
	inA $dir/NPtcp -h 10.0.0.2 "${options[@]}" -o np.out >sender.log 2>&1
	wait $!
	awk -v what="RESULT curve $network $way" '{ print what, $1, $2, $3 }' np.out
}

curve() {
	local file range
	for file in $dir/ranges $dir/ranges.$network; do
		[ ! -e $file ] || while read -r range; do netpipe $range; done <$file
	done
}

download() {
	local i seconds
	start_nginx B "$PWD/www" 10.0.0.2:80
	inA sysctl -qw net.ipv4.tcp_rmem='4096 131072 400000' # a window as NetPIPE's
	for i in {1..4}; do
		seconds=$(inA curl -sS -m 60 -o /dev/null -w '%{time_total}' http://10.0.0.2/file)
		echo "RESULT download $network $way $(stat -c %s www/file) $seconds $(of_state packets) $(of_state pulled)"
	done
}

echo "CALIBRATION $($dir/udpsend --calibrate)"
modprobe veth
mkdir www
head -c 67108864 /dev/zero >www/file
while read -r experiment network way; do
	up
	$experiment
	down
done <$dir/selection
