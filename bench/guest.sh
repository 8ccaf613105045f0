#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 3600
# In the machine: measures the rows that /bench/selection names, payloads first. Prints, for bench/run:
#   RESULT row payload instructions-per-packet allocations-per-packet lowest highest
#   FAILED row reason
. /tests/lib.sh

readonly from=192.168.0.2 sent_to=8.8.8.8 new_to=2.1.1.1 router=10.0.0.1
# Frames go to this address, so that B drops them at once: if it looked for a route or a socket, that
# would be most of the noise. Only the check of arrivals uses B's own.
readonly nobody=02:00:00:00:00:99
readonly dir=/bench runs=3 warm_up=300 checked=20
declare -A sees marks setup
order=()

row() { order+=("$1") sees[$1]=$3 marks[$1]=$4 setup[$1]=$5; }
unit() {
	local times
	for times in 1 7; do row "$1_$times" unit as-sent "$2" "script units $1_$times" ''; done
}
. $dir/rows.sh

has() { [[ ,${marks[$1]}, == *,$2,* ]]; }

# --- the network: A -- R -- B, without IPv6, so that nothing is sent but what is measured ---

network_up() {
	local ns
	printf 'netns add %s\n' A R B | ip -batch -
	for ns in A R B; do
		ip netns exec $ns bash -c '
			cd /proc/sys/net
			for c in all default; do
				echo 0 >ipv4/conf/$c/rp_filter
				echo 1 >ipv6/conf/$c/disable_ipv6
			done'
	done
	ip -batch - <<-END
		link add rA netns R type veth peer name eth0 netns A
		link add rB netns R type veth peer name eth0 netns B
	END
	offload off
	to_mac=$(inR cat /sys/class/net/rA/address)
	b_mac=$(inB cat /sys/class/net/eth0/address)
	inR bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	ip -n A -batch - <<-END
		addr add $from/24 dev eth0
		link set eth0 up
	END
	ip -n B -batch - <<-END
		link set lo up
		addr add 10.0.0.2/24 dev eth0
		link set eth0 up
	END
	ip -n R -batch - <<-END
		addr add 192.168.0.1/24 dev rA
		addr add $router/24 dev rB
		link set rA up
		link set rB up
		neigh replace 10.0.0.2 lladdr $nobody dev rB nud permanent
		route add $sent_to via 10.0.0.2
		route add $new_to via 10.0.0.2
	END
	network=up
}

network_down() {
	local ns
	for ns in A R B; do ip netns del $ns; done
	sleep 2 # that goes on in the background
	network=
}

arrived() { inB cat /sys/class/net/eth0/statistics/rx_packets; }

# --- what the rows set up ---

empty_table() { inR iptables-legacy -t mangle -F; }

# rule TARGET…: one place for all: where the rule of the thesis is
rule() { inR iptables-legacy -t mangle -A POSTROUTING -d $sent_to -j "$@"; }

# script NAME [FUNCTION]
script() { rule LUA --script "$dir/scripts/$1.lua" ${2:+--function "$2"}; }

tc_bpf() {
	inR tc qdisc add dev rB clsact
	inR tc filter add dev rB egress bpf direct-action object-file "$dir/$1" section tc
}

nft_set() {
	inR nft -f - <<-END
		table ip bench {
			chain out {
				type filter hook postrouting priority mangle
				ip daddr $sent_to ip daddr set $1
			}
		}
	END
}

nat() {
	inR iptables-legacy -t nat -A PREROUTING -d $sent_to -j DNAT --to-destination "$1"
	inR iptables-legacy -t nat -A POSTROUTING -o rB -j SNAT --to-source "$2"
	echo 65536 >/sys/module/nf_conntrack/parameters/hashsize
	echo 65536 >/proc/sys/net/netfilter/nf_conntrack_max
}

# queue accept|ADDRESS: the program runs for each burst anew
queue() {
	rule NFQUEUE --queue-num 0
	program="$dir/nfqueue $1"
}

# --- measuring ---

# burst PAYLOAD COUNT: sends; sets ticks, from the first packet's sending to the end of the last's way
burst() {
	local payload=$1 count=$2 flows=1 begin end
	! has "$name" new-flows || flows=$count
	if [ -n "$program" ]; then
		inR timeout 20 $program "$count" >program.out &
		wait_for inR grep -q . /proc/net/netfilter/nfnetlink_queue
	fi
	sleep 0.3 # let it be quiet
	inA $dir/udpsend eth0 "$to_mac" $from $sent_to "$payload" "$count" "$flows" >send.out
	read -r begin end <send.out
	if [ -n "$program" ]; then
		wait $! || true # it counts on too few packets
		end=$(<program.out)
		end=${end:-$begin}
	fi
	ticks=$((end - begin))
}

# column N: of the state's line in /proc/net/packetscript, 0 without one
column() { inR awk -v n="$1" 'NR == 2 { v = $n } END { print v + 0 }' /proc/net/packetscript 2>/dev/null || echo 0; }

# check_arrival PAYLOAD: sets problem unless packets arrive, as they must
check_arrival() {
	local payload=$1 source=$from to=$sent_to address wrong receiver
	case ${sees[$name]} in
	rewritten) to=$new_to ;;
	translated) to=$new_to source=$router ;;
	esac
	for address in $sent_to $new_to; do ip -n B addr add $address/32 dev lo; done
	ip -n R neigh replace 10.0.0.2 lladdr "$b_mac" dev rB nud permanent
	wrong=$(snmp B Udp InCsumErrors)
	inB $dir/udprecv 7 "$payload" $checked >receive.out &
	receiver=$!
	burst "$payload" $checked
	wait $receiver
	wrong=$(($(snmp B Udp InCsumErrors) + $(snmp B Ip InHdrErrors) - wrong))
	ip -n R neigh replace 10.0.0.2 lladdr $nobody dev rB nud permanent
	for address in $sent_to $new_to; do ip -n B addr del $address/32 dev lo; done

	[ "$(<receive.out)" = "$checked $source $to" ] ||
		problem="payload $payload: of $checked packets, source, destination: got '$(<receive.out)', expected '$checked $source $to'"
	[ "$wrong" = 0 ] || problem="payload $payload: $wrong packets with a wrong checksum"
}

# measure PAYLOAD
measure() {
	local payload=$1 count=5000 i before allocations all=()
	check_arrival "$payload"
	[ -z "$problem" ] || return 0
	burst "$payload" $warm_up
	[ $((ticks / warm_up)) -lt 40000 ] || count=500
	for ((i = 0; i < runs; i++)); do
		! has "$name" new-flows || { inR conntrack -F 2>/dev/null; sleep 1; }
		before=$(arrived) allocations=$(column 6)
		burst "$payload" $count
		[ "$(arrived)" = $((before + count)) ] || problem="payload $payload: of $count packets $(($(arrived) - before)) arrived"
		allocations=$(($(column 6) - allocations))
		all+=($ticks)
	done
	[ "$(column 4)" = 0 ] || problem="payload $payload: the script had errors"
	[ -z "$problem" ] || return 0
	printf '%s\n' "${all[@]}" | sort -n | awk -v what="$name $payload" -v n=$count -v allocations=$allocations '
		{ t[NR] = $1 / n }
		END { printf "RESULT %s %.1f %.2f %.1f %.1f\n", what, t[(NR + 1) / 2], allocations / n, t[1], t[NR] }'
}

run_row() {
	local payload program='' problem='' error
	! has "$name" apart || [ -z "$network" ] || network_down
	[ -n "$network" ] || network_up
	${setup[$name]} 2>setup.err || {
		error=$(tail -n 1 setup.err)
		problem="cannot be set up: ${error:-$(dmesg -t | tail -n 1)}"
	}
	for payload in $payloads; do
		[ -n "$problem" ] || measure "$payload"
		[[ ${setup[$name]} != 'script units '* ]] || break # these don't look at the payload
	done
	if [ -n "$problem" ]; then
		error=$(dmesg -t | grep '^packetscript: state' | tail -n 1) || true
		echo "FAILED $name $problem${error:+; $error}"
		dmesg -C
	fi
	# a table stays in the network once it was there
	if has "$name" apart; then network_down; else inR iptables-legacy -t mangle -F; fi
}

echo "CALIBRATION $($dir/udpsend --calibrate)"
modprobe veth
network=
read -r payloads <$dir/selection
for name in $(sed 1d $dir/selection); do run_row; done
