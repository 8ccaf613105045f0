#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 3600
# In the machine: measures the rows that /bench/selection names, payloads first. Prints, for bench/run:
#   RESULT row payload instructions allocations    of a packet; of a unit, of the operation
#   FAILED row reason
. /tests/lib.sh

hurried

# Frames go to this address, so that B drops them at once: if it looked for a route or a socket, that
# would be most of the noise. Only the check of arrivals uses B's own.
readonly nobody=02:00:00:00:00:99
readonly dir=/bench batch=32 warm_up=2
declare -A group sees marks setup
row() { group[$1]=$2 sees[$1]=$3 marks[$1]=$4 setup[$1]=$5; }
unit() { row "unit:$1" unit as-sent "$2" "${5:-script} ${4:-units} $1_1 $1_7"; }
. $dir/rows.sh

has() { [[ ,${marks[$1]}, == *,$2,* ]]; }
message_of() { sed -n 's/.*message=\([^,]*\).*/\1/p' <<<"${marks[$1]}"; }

# --- the network: A -- R -- B, which sends nothing but what is measured ---

# use_ip 4|6: sets the addresses, and v, which names of IPv6 have and those of IPv4 have not, as in ip6tables and Udp6
use_ip() {
	case $1 in
	4) near=192.168.0. far=10.0.0. bits=24 sent_to=8.8.8.8 new_to=2.1.1.1 v='' ;;
	6) near=fd00:a:: far=fd00:b:: bits=64 sent_to=2001:db8:8::8 new_to=2001:db8:1::1 v=6 ;;
	esac
	from=${near}2 router=${far}1 receiver=${far}2
}

# mac_of HOST DEVICE
mac_of() { ip -n "$1" -o link show "$2" | sed 's|.*link/ether \([^ ]*\).*|\1|'; }

# network_up 4|6: without IPv6, where it is not measured; otherwise nobody makes an address, probes one or asks for a
# router, and who is in which group is said first, which takes two seconds
network_up() {
	use_ip "$1"
	hosts '
		for c in all default; do
			echo 0 >ipv4/conf/$c/rp_filter
			echo '$(($1 != 6))' >ipv6/conf/$c/disable_ipv6
			echo 0 >ipv6/conf/$c/accept_ra
			echo 0 >ipv6/conf/$c/accept_dad
			echo 1 >ipv6/conf/$c/addr_gen_mode
		done'
	offload off
	to_mac=$(mac_of R rA)
	b_mac=$(mac_of B eth0)
	inR bash -c 'echo 1 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding >/dev/null'
	ip -n A -batch - <<-END
		addr add $from/$bits dev eth0
		link set eth0 up
	END
	ip -n B -batch - <<-END
		link set lo up
		addr add $sent_to dev lo
		addr add $new_to dev lo
		addr add $receiver/$bits dev eth0
		link set eth0 up
	END
	ip -n R -batch - <<-END
		addr add ${near}1/$bits dev rA
		addr add $router/$bits dev rB
		link set rA up
		link set rB up
		neigh replace $receiver lladdr $nobody dev rB nud permanent
		route add $sent_to via $receiver
		route add $new_to via $receiver
	END
	[ "$1" = 4 ] || sleep 3
	network=$1
}

network_down() {
	local ns
	[ -n "$network" ] || return 0
	for ns in A R B; do ip netns del $ns; done
	sleep 2 # that goes on in the background
	network=
}

# arrived HOST DEVICE: packets
arrived() { at "$1" awk -v name="$2:" '$1 == name { print $3 }' /proc/net/dev; }
# came: those that the row's packets end as: where they are dropped, they have come to the router
came() { if [ "${sees[$name]}" = dropped ]; then arrived R rA; else arrived B eth0; fi; }

# --- what the rows set up ---

empty_table() { inR ip${v}tables-legacy -t mangle -F; }

# rule TARGET…: one place for all: where the rule of the thesis is
rule() { inR ip${v}tables-legacy -t mangle -A POSTROUTING -d $sent_to -j "$@"; }

# script NAME [FUNCTION…]: see load_script
script() {
	file=$dir/scripts/$1.lua
	functions=("${@:2}")
	[ $# -gt 1 ] || functions=(process_packet)
	rounds=16
	load_script 1 "${functions[0]}"
}

# percpu NAME: with a copy of the state for each CPU
percpu() {
	options=' --percpu'
	script "$1"
}

# attached NAME OPTION…: at the same hook, with the priority that mangle has, without a table
attached() {
	at_hook='--hook postrouting --priority mangle' options="${*:2}"
	script "$1"
}

# attached_in HOOK NAME OPTION…: to the device that packets come from, before routing
attached_in() {
	at_hook="--hook $1 --dev rA" options="${*:3}"
	script "$2"
}

# attached_out NAME: to the device that they leave by
attached_out() {
	at_hook='--hook tc-egress --dev rB'
	script "$1"
}

# redirected NAME: at XDP; veth's driver takes what is redirected to it if the other end is ready for that
redirected() {
	inB ethtool -K eth0 gro on
	attached_in xdp "$1"
}

# in_raw NAME: before routing and conntrack
in_raw() {
	table=raw chain=PREROUTING
	script "$1"
}

# offloaded NAME: the receiver does not answer, so the connection is entered as an answer would have left it, in both directions
offloaded() {
	inR iptables-legacy -A FORWARD -m conntrack --ctstate INVALID -j DROP
	inR conntrack -I -p udp -s $from -d $sent_to --sport 2000 --dport 7 -r $sent_to -q $from --reply-port-src 7 \
		--reply-port-dst 2000 -t 600 -u SEEN_REPLY,ASSURED >/dev/null
	at_hook='--hook forward'
	script "$1"
}

# load_script STATE FUNCTION: replaces the rule; a state that was not there yet is a new one
load_script() {
	if [ -n "$at_hook" ]; then
		packetscript detach --netns R "$file" >/dev/null 2>&1 || true
		# shellcheck disable=SC2086 # options are words
		packetscript attach --netns R "$file" $at_hook --state "$1" -f "$2" $options
		return
	fi
	printf '%s\n' "*$table" ":$chain ACCEPT" \
		"-A $chain -d $sent_to -j LUA --script $file --state $1 --function $2$options" COMMIT |
		at R ip${v}tables-legacy-restore
}

# tc_bpf NAME egress|ingress
tc_bpf() {
	local dev=rB
	[ "$2" = egress ] || dev=rA
	inR tc qdisc add dev $dev clsact
	inR tc filter add dev $dev "$2" bpf direct-action object-file $dir/programs.o section "tc/$1"
}

# xdp_bpf NAME: by the driver
xdp_bpf() {
	[ "${sees[$name]}" != redirected ] || inB ethtool -K eth0 gro on
	inR ip link set dev rA xdpdrv object $dir/programs.o section "xdp/$1"
}

# raw_rule TARGET…: where in_raw has scripts
raw_rule() { inR iptables-legacy -t raw -A PREROUTING -d $sent_to -j "$@"; }

# nft_rule WORDS…: what a rule says of packets to where they are sent
nft_rule() {
	inR nft -f - <<-END
		table ip$v bench {
			chain out {
				type filter hook postrouting priority mangle
				ip$v daddr $sent_to $*
			}
		}
	END
}

nft_set() { nft_rule ip$v daddr set "$1"; }

# nft_ingress WORDS…: the same before routing, of the device that packets come from
nft_ingress() {
	inR nft -f - <<-END
		table netdev bench {
			chain in {
				type filter hook ingress device rA priority filter
				ip daddr $sent_to $*
			}
		}
	END
}

# prefixes: those of scripts/set.lua, with commas between
prefixes() {
	awk 'BEGIN { printf "192.168.0.0/24"; for (i = 0; i < 99999; i++) printf ", %d.%d.%d.0/24", 11 + int(i / 65536), int(i / 256) % 256, i % 256 }'
}

nft_prefixes() {
	{
		echo 'table ip bench { set known { type ipv4_addr; flags interval; elements = {'
		prefixes
		echo '}; }; }'
	} >prefixes.nft
	inR nft -f prefixes.nft
	nft_rule ip saddr != @known drop
}

# script_prefixes NAME: their list takes memory and time while it is loaded
script_prefixes() {
	echo 5000 >/sys/module/packetscript/parameters/load_ms
	options=' --memory 32M'
	script "$1"
	rounds=3
}

# script_sets SCRIPT FUNCTION…: with the set that units-sets.lua names, of the same prefixes as its own
script_sets() {
	awk 'BEGIN { print "192.168.0.0/24"; for (i = 0; i < 999; i++) printf "%d.%d.0.0/16\n", 11 + int(i / 256), i % 256 }' |
		packetscript set --netns R bench load -
	script "$@"
}

nat() {
	inR iptables-legacy -t nat -A PREROUTING -d $sent_to -j DNAT --to-destination "$1"
	inR iptables-legacy -t nat -A POSTROUTING -o rB -j SNAT --to-source "$2"
	echo 65536 >/sys/module/nf_conntrack/parameters/hashsize
	echo 65536 >/proc/sys/net/netfilter/nf_conntrack_max
}

# queue accept|ADDRESS: the program is started for each burst
queue() {
	rule NFQUEUE --queue-num 0
	program="$dir/nfqueue $1" is_ready='grep -q . /proc/net/netfilter/nfnetlink_queue'
	rounds=9 # where the queued packets find memory differs
}

# server: packets are for the router itself, where a program sends the payload of each to the receiver
server() {
	ip -n R route del $sent_to
	ip -n R addr add $sent_to dev lo
	ip -n R link set lo up
	program="$dir/udpanswer 7 $receiver" is_ready='grep -q :0007 /proc/net/udp'
	rounds=9
}

# segments PAYLOAD: the device takes large packets as they are
segments() {
	inR ethtool -K rB tx on sg on gso on tso on tx-udp-segmentation on >/dev/null
	sed "s/ 'PAYLOAD'/ $1/" $dir/scripts/send-60000.lua >$dir/scripts/segments.lua
	script segments
}

# runtime NAME: a script of runtime/, which ends with the row
runtime() {
	cp "$dir/runtime/$1.lua" /lib/modules/lua/bench.lua
	modprobe lunatik_run script=bench
	rounds=5
}

# read_device NAME [MODULE]: it is a module's, or a script's of its name
read_device() {
	device=/dev/$1
	if [ -n "${2:-}" ]; then modprobe "$2"; else runtime "device-${1#bench-}"; fi
}

# --- measuring ---

# burst PAYLOAD BATCHES: sends, or reads; sets cost, the instructions of a packet or of a read
burst() {
	if [ -n "$device" ]; then
		cost=$($dir/devread "$device" "$2")
		sent=$2
		return
	fi
	local payload=$1 count=$(((warm_up + $2) * batch)) flows=1 before begin end
	if has "$name" new-flows; then
		flows=$count
		at R conntrack -F 2>/dev/null
		sleep 1
	fi
	before=$(came)
	if [ -n "$program" ]; then
		at R timeout 20 $program "$count" >program.out &
		wait_for at R $is_ready
	fi
	sleep 0.1 # let it be quiet
	at A $dir/udpsend eth0 "$to_mac" $from $sent_to "${message:-$payload}" "$2" "$flows" >send.out
	read -r begin cost <send.out
	if [ -n "$program" ]; then
		wait $! || true # then too few arrive
		end=$(<program.out)
		cost=$(awk "BEGIN { print (${end:-$begin} - $begin) / $count }")
	fi
	sent=$(($(came) - before))
	[ $sent = $count ] || problem="payload $payload: of $count packets $sent arrived"
}

# of_state N: a column of /proc/net/packetscript, 0 without a state
of_state() { at R awk -v n="$1" 'NR == 2 { v = $n } END { print v + 0 }' /proc/net/packetscript 2>/dev/null || echo 0; }

# delivered: how many packets have come to B's TCP and UDP, and how many of them with a wrong checksum
delivered() {
	echo $(($(snmp B Tcp InSegs) + $(snmp B Udp InDatagrams) + $(snmp B Udp NoPorts) + $(snmp B Udp InErrors))) \
		$(($(snmp B Tcp InCsumErrors) + $(snmp B Udp InCsumErrors)))
}

# check_message: the receiver gets the messages, and what is to be written in them is; otherwise sets problem
check_message() {
	local came wrong before
	ip -n R neigh replace $receiver lladdr "$b_mac" dev rB nud permanent
	inB nft 'table ip seen { chain in { type filter hook input priority 0; tcp option maxseg size 1200 counter comment "clamped"; }; }'
	read -r came wrong < <(delivered)
	before="$came $wrong"
	burst - 1
	read -r came wrong < <(delivered)
	came=$((came - ${before% *})) wrong=$((wrong - ${before#* }))
	[ "$came" = $(((warm_up + 1) * batch)) ] || problem="$came messages were delivered"
	[ "$wrong" = 0 ] || problem="$wrong messages with a wrong checksum"
	[ "${sees[$name]}" != clamped ] || [[ $(inB nft list table ip seen) == *" packets $came "* ]] || problem='not each MSS was written'
	inB nft delete table ip seen
	ip -n R neigh replace $receiver lladdr $nobody dev rB nud permanent
}

# check_drop PAYLOAD: the receiver sees nothing of it
check_drop() {
	local before
	before=$(arrived B eth0)
	burst "$1" 1
	[ "$(arrived B eth0)" = "$before" ] || problem="payload $1: $(($(arrived B eth0) - before)) packets were not dropped"
}

# check_arrival PAYLOAD: the receiver sees what it should; otherwise sets problem
check_arrival() {
	local payload=$1 source=$from to=$sent_to wrong pid expected
	[ -z "$device" ] || return 0
	[ -z "$message" ] || { check_message; return; }
	! has "$name" segments || { burst "$payload" 1; return; }
	[ "${sees[$name]}" != dropped ] || { check_drop "$payload"; return; }
	case ${sees[$name]} in
	rewritten) to=$new_to ;;
	redirected)
		to=$new_to
		ip -n B link set eth0 address $nobody
		;;
	translated) to=$new_to source=$router ;;
	prefixed) source='2001:db8:1:*' ;;
	answered) source=$router to=$receiver ;;
	esac
	expected="$(((warm_up + 1) * batch)) $source $to"
	ip -n R neigh replace $receiver lladdr "$b_mac" dev rB nud permanent
	wrong=$(snmp B Udp$v InCsumErrors)
	at B $dir/udprecv 7 "$payload" "${expected%% *}" >receive.out &
	pid=$!
	burst "$payload" 1
	wait $pid
	wrong=$(($(snmp B Udp$v InCsumErrors) + $(snmp B Ip$v InHdrErrors) - wrong))
	ip -n R neigh replace $receiver lladdr $nobody dev rB nud permanent
	[ "${sees[$name]}" != redirected ] || ip -n B link set eth0 address "$b_mac"

	[[ $(<receive.out) == $expected ]] ||
		problem="payload $payload: packets, source, destination are $(<receive.out), should be $expected"
	[ "$wrong" = 0 ] || problem="payload $payload: $wrong packets with a wrong checksum"
}

# choose_batches PAYLOAD: sets batches. The timer interrupts some of them, so that few say little.
choose_batches() {
	if [ "${group[$name]}" = linux ] || [ -n "$device" ]; then
		batches=64
		return
	fi
	burst "$1" 1
	batches=$((300000 / ${cost%.*}))
	[ $batches -le 16 ] || batches=16
	[ $batches -ge 4 ] || batches=4
}

# Each payload, each function, each round. A state's hash seed decides how long a look-up takes, so scripts
# get several states; the functions of a unit are compared within one.
measure() {
	local round payload function batches allocations
	local -A costs=() batches_of=()
	for payload in $payloads; do
		check_arrival "$payload"
		[ -z "$problem" ] || return 0
		choose_batches "$payload"
		batches_of[$payload]=$batches
	done
	for ((round = 1; round <= rounds; round++)); do
		for function in "${functions[@]}"; do
			[ -z "$file" ] || load_script $round "$function"
			for payload in $payloads; do
				burst "$payload" "${batches_of[$payload]}"
				costs[$payload $function]+=" $cost"
			done
		done
		[ "$(of_state 4)" = 0 ] || problem='the script had errors'
		[ -z "$problem" ] || return 0
	done
	for payload in $payloads; do
		allocations=$(of_state 6)
		burst "$payload" 1
		allocations=$(($(of_state 6) - allocations))
		report "$payload"
	done
}

# report PAYLOAD: the mean of the middle half of the rounds; of three, the median
report() {
	paste -d ' ' <(printf '%s\n' ${costs[$1 ${functions[0]}]}) <(printf '%s\n' ${costs[$1 ${functions[-1]}]}) |
		awk -v unit=$((${#functions[@]} == 2)) '{ print unit ? ($2 - $1) / 6 : $1 }' | sort -n |
		awk -v what="$name $1" -v unit=$((${#functions[@]} == 2)) -v allocations="$allocations" -v packets="$sent" '
			{ round[NR] = $1 }
			END {
				left_out = int((NR + 1) / 4)
				for (i = left_out + 1; i <= NR - left_out; i++)
					total += round[i]
				printf "RESULT %s %.*f %.2f\n", what, 1 + unit, total / (NR - 2 * left_out), allocations / packets
			}'
}

run_row() {
	local device='' program='' is_ready='' problem='' file='' options='' at_hook='' table=mangle chain=POSTROUTING functions=(-) rounds=3 ip=4 error cost sent
	local payloads=$payloads message
	message=$(message_of "$name")
	[ "${group[$name]}" != unit ] && [ -z "$message" ] && ! has "$name" calls || payloads=${payloads%% *} # it does not matter
	! has "$name" ip6 || ip=6
	if has "$name" apart || [ "$network" != $ip ]; then network_down; fi
	[ -n "$network" ] || network_up $ip
	${setup[$name]} 2>setup.err || problem="cannot be set up: $(tail -n 1 setup.err)"
	[ -n "$problem" ] || measure
	if [ -n "$problem" ]; then
		error=$(dmesg -t | grep '^packetscript: ' | tail -n 1) || true
		echo "FAILED $name $problem${error:+; $error}"
		dmesg -C
	fi
	rmmod lunatik_run 2>/dev/null || true
	# a table stays in the network once it was there
	if has "$name" apart; then network_down; else empty_table; fi
}

echo "CALIBRATION $($dir/udpsend --calibrate)"
modprobe veth
modprobe xt_LUA
echo 10000 >/sys/module/packetscript/parameters/load_ms # some fill tables
network=
read -r payloads <$dir/selection
for name in $(sed 1d $dir/selection); do run_row; done
