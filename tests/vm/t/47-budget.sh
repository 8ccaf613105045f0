#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# Scripts that loop have a packet's time once, a part of a CPU, and in the end nothing.
. /tests/lib.sh

topology
hurried
modprobe packetscript
set_limit() { echo "$2" >/sys/module/packetscript/parameters/"$1"; }
rule() { inR iptables -t mangle "$1" FORWARD -p icmp --icmp-type echo-request -j LUA --script "${@:2}"; }
errors() { inR awk '$1 == '"${1:-0}"' { print $4 }' /proc/net/packetscript; }
# rules N OPTION…: N of them, with these options; in options, % is the number of the rule
rules() {
	local i n=$1
	shift
	echo '*mangle'
	for ((i = 0; i < n; i++)); do
		echo "-A FORWARD -p icmp --icmp-type echo-request -j LUA --script $PWD/loop.lua --on-error continue ${*//%/$((i + 1))}"
	done
	echo COMMIT
}
echo 'function process_packet(p) while true do end end' >loop.lua
echo 'function process_packet(p) return XT_CONTINUE end' >good.lua

# --- limits that may be set ---

check_eq 'a packet has 40 ms' "$(cat /sys/module/packetscript/parameters/packet_ms)" 40
check_fails 'but not 10' set_limit packet_ms 10
check_fails 'nor 5000' set_limit packet_ms 5000
check_fails 'nor a word' set_limit packet_ms long
check_eq 'what was refused changed nothing' "$(cat /sys/module/packetscript/parameters/packet_ms)" 40

# --- one packet, many rules; nobody is switched off here ---

set_limit stops 0
rules 1000 | inR iptables-restore
check_eq 'a thousand rules are there' "$(inR iptables -t mangle -S FORWARD | grep -c LUA)" 1000
check 'a packet passes a thousand rules that loop, in 2 s' inA ping -c 1 -W 2 10.0.0.2
check_eq 'each was an error' "$(errors)" 1000
inR iptables -t mangle -F FORWARD

# 40 states that have not looped before
rules 40 --state % | inR iptables-restore
check 'a packet passes forty states that loop, in 1 s' inA ping -c 1 -W 1 10.0.0.2
check 'the log says why most did not run' klog_has 'no time left \(slow scripts have used up'
inR iptables -t mangle -F FORWARD

# --- a flood: other traffic on the same CPU keeps half of what it has beside a flood that is dropped ---

taskset -p 1 $$ >/dev/null # and all that this starts
mkdir www
truncate -s 300M www/file # more than comes in a second: what else the host does lasts for parts of one
start_nginx B "$PWD/www" 10.0.0.2:80
# bytes in a second, while 100 pings a second come
beside_flood() {
	local flood speed
	ip netns exec A ping -q -i 0.01 -w 60 10.0.0.2 >/dev/null 2>&1 &
	flood=$!
	sleep 0.5
	speed=$(inA curl -s -m 1 -o /dev/null -w '%{speed_download}' http://10.0.0.2/file) || true # its second is over
	kill "$flood"
	wait "$flood" 2>/dev/null || true
	echo "${speed%.*}"
}
rule -A loop.lua
drop=(FORWARD -p icmp --icmp-type echo-request -j DROP)
median() { printf '%s\n' "$@" | sort -n | sed -n $((($# + 1) / 2))p; }
# keeps_half: in turn, and not the best of each: what else the host does changes from one second to the next, and hits the longer more.
keeps_half() {
	local beside_dropped=() beside_looped=() dropped looped
	for _ in 1 2 3 4 5; do
		inR iptables -t mangle -I "${drop[@]}" || return
		beside_dropped+=("$(beside_flood)")
		inR iptables -t mangle -D "${drop[@]}" || return
		beside_looped+=("$(beside_flood)")
	done
	dropped=$(median "${beside_dropped[@]}") looped=$(median "${beside_looped[@]}")
	echo "# bytes in a second: $dropped beside pings that are dropped, $looped beside pings that loop"
	test $((looped * 2)) -gt "$dropped"
}
kept=
for _ in 1 2 3; do # what the host does may change in the middle of it
	if keeps_half; then
		kept=1
		break
	fi
done
check 'a download keeps half of its speed' [ "$kept" ]
inR iptables -t mangle -F FORWARD

# --- again and again ---

set_limit stops 3
set_limit share 0
dmesg -C
rule -A loop.lua
for i in 1 2 3 4 5 6; do inA ping -c 1 -W 0.3 10.0.0.2 >/dev/null || true; done
check_eq 'all six were errors' "$(errors)" 6
check_eq 'a state that is stopped three times is switched off, with one line' "$(dmesg | grep -c 'state 0: switched off')" 1
check_eq 'and then silent' "$(dmesg | grep -c 'time limit exceeded')" 3
rule -A good.lua
check_fails 'one more script in that state gives it another chance' inA ping -c 1 -W 0.3 10.0.0.2
check_eq 'and it loops once more' "$(dmesg | grep -c 'time limit exceeded')" 4
rule -D loop.lua
check 'what does not loop passes' inA ping -c 1 -W 2 10.0.0.2
