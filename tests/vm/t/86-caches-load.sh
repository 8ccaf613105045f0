#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The caches under load, with real clients: losses and another order, many connections, many requests, a flood of SYNs, all the bytes that they may keep.
# With rounds=many it is as much as docs/cache.md has figures of, which are the lines "# load: …" of ktap.log; else a small part of it.
# timeout: 1800
. /tests/lib.sh

hash in.tftpd atftp curl 2>/dev/null || skip 'there is no TFTP'
topology
offload off # a packet is a segment, so that single ones get lost
S=192.168.0.1
cp /examples/cache/{tcp,objects,messages,http,tftp}.lua .
sed -i 's/^local LIFE <const> = [0-9]*/local LIFE <const> = 36000000/' http.lua tftp.lua
is_all=$(rounds 1 '')
[ "$is_all" ] || sed -i 's/^local BYTES_MAX <const> = [0-9]* << 20/local BYTES_MAX <const> = 1 << 20/' http.lua tftp.lua
mkdir files got
read -ra sizes <<<"$(rounds "$(seq -s ' ' 0 25)" '0 9 16')" # exponents of 2
for n in "${sizes[@]}"; do head -c $((1 << n)) /dev/urandom >"files/h$n"; done
chmod -R a+rX files

note() { echo "# load: $*"; }
# timed TEXT COMMAND…: the command succeeds, and how long it took is noted
timed() {
	local begin=${EPOCHREALTIME/./}
	check "$@"
	[ ! -s notes ] || cat notes
	: >notes
	note "$1: $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
}
asked() { # by HTTP, by TFTP: how many requests the servers have got
	local log=("${TMPDIR:-/tmp}"/nginx.*/access.log)
	echo "$(wc -l <"${log[0]}") $(inR iptables -xvnL INPUT | awk '/dpt:69/ { print $1 }')"
}
same() { # FILE…: what has arrived is what the server has
	local file status=0
	for file; do
		cmp "got/$file" "files/$file" || status=1
		rm -f "got/$file"
	done
	return $status
}
# by_http FILE…, by_curl FILE…, by_atftp FILE…
by_http() { (cd got && at "${NS:-A}" timeout 3600 curl -sS --fail --remote-name-all "${@/#/http://$S/}") && same "$@"; }
by_curl() { (cd got && inA timeout 3600 curl -sS --tftp-blksize 8192 --remote-name-all "${@/#/tftp://$S/}") && same "$@"; }
by_atftp() {
	local file try
	for file; do
		for try in {1..9}; do
			inA timeout 3600 atftp --tftp-timeout 1 "${options[@]}" --get -r "$file" -l "got/$file" $S >/dev/null 2>said && break
			# it ends if it is told the options twice, which are told again when what acknowledges them was lost
			grep 'unexpected OACK' said || { cat said; return 1; }
			note "atftp began $file anew ($try)" >>notes
		done
		same "$file" || { echo "$file: $try"; return 1; }
	done
}
# memory STATE: bytes that it has
memory() { inR awk -v state="$1" '$1 == state { print $5 }' /proc/net/packetscript; }
entries() { inR packetscript shared --json | grep -oE "\"name\": ?\"$1\", ?\"entries\": ?[0-9]+" | grep -oE '[0-9]+$' || echo 0; }
# slabs: KB in slabs when nothing is only kept, which takes long to bring about
slabs() { [ ! "$is_all" ] || unreclaimable; }

start_nginx R "$PWD/files" $S:80
at R in.tftpd -L -4 -c -s -u nobody "$PWD/files" & tftpd=$!
is_served() { [ -n "$(inR ss -Hlun 'sport = 69')" ]; }
wait_for is_served
inR iptables -A INPUT -p udp --dport 69 -j ACCEPT
[ ! "$is_all" ] || free=$(free_kb)
rules http.lua -A
rules tftp.lua -A

all=("${sizes[@]/#/h}")
timed 'the web server answers' by_http "${all[@]}"
timed 'the TFTP server answers' by_curl "${all[@]}"
check_eq 'all is kept, and nothing went for it' "$(counted 80 stored) $(counted 69 stored) $(counted 80 evicted) $(counted 69 evicted)" "${#all[@]} ${#all[@]} 0 0"
note "kept: $(entries 'http cache') and $(entries 'tftp cache') pieces, states have $(memory 80) and $(memory 69) bytes"

# --- losses and another order, both ways ---
# lossy PERCENT: of what A sends, and of what comes to it, there with each segment for itself
inA ip link add ifb0 type ifb
inA ip link set ifb0 up
inA tc qdisc add dev eth0 ingress
inA tc filter add dev eth0 ingress matchall action mirred egress redirect dev ifb0
lossy() {
	local device
	for device in eth0 ifb0; do inA tc qdisc replace dev $device root netem limit 10000 delay 1ms loss "$1%" reorder 20%; done
}
asked_before=$(asked)
for percent in $(rounds '1 5' 5); do
	lossy "$percent"
	timed "with $percent of 100 lost, and another order, all comes by HTTP" by_http "${all[@]}"
	options=()
	[ ! "$is_all" ] || timed "with $percent of 100 lost, and another order, those up to 16 KiB come by TFTP" by_atftp "${all[@]:0:15}"
	options=(--option 'blksize 1428' --option 'windowsize 64')
	# with 5 up to 1 MiB: those above take more than ten minutes
	timed "with $percent of 100 lost, and another order, all comes by TFTP in windows" by_atftp "${all[@]:0:$((percent == 1 ? 26 : 21))}"
done
check_eq 'from the caches' "$(asked)" "$asked_before"
inA ip link del ifb0
inA tc qdisc del dev eth0 ingress
inA tc qdisc del dev eth0 root
offload on

# --- many at once, many requests ---
# ask FILE CONNECTIONS AT_ONCE TIMES
ask() { inA webask $S "$2" "$3" "$4" "/$1" "files/$1" 2>took; }
# settles BYTES: state 80 has no more than that, when those that wait for what is late are over. What is not used any more goes as packets come.
is_down() {
	ask h9 10 10 10 >/dev/null
	[ "$(memory 80)" -le "$1" ]
}
settles() {
	wait_for -t 20 is_down "$1" || echo "it has $(memory 80) bytes, of at most $1"
}
slack=$((1 << 20)) # of what is no longer used, and not collected yet

connections=$(rounds 1000 64)
ask h9 20 20 2 >/dev/null
before=$(memory 80)
check_eq "$connections connections at once" "$(ask h16 "$connections" "$connections" 3)" "$((3 * connections)) right of $((3 * connections)), $connections at once, 0 connections wrong"
note "$connections connections at once, 64 KiB, three times each: $(cat took), state has $(memory 80) bytes, had $before"
check_eq 'their memory comes back' "$(settles $((before + slack)))" ''
note "after that: $(memory 80) bytes"

ask h9 "$(rounds 2000 50)" 50 "$(rounds 2 1)" >/dev/null
before=$(memory 80) slabs=$(slabs)
# requests TEXT CONNECTIONS TIMES: as many of them, 50 at once, with as many requests each
requests() {
	check_eq "$1" "$(ask h9 "$2" 50 "$3")" "$(($2 * $3)) right of $(($2 * $3)), 50 at once, 0 connections wrong"
	note "$1, $(($2 * $3)) on $2 connections: $(cat took), state has $(memory 80) bytes, had $before"
}
for i in $(seq "$(rounds 4 1)"); do requests "requests on connections that stay, $i" 50 "$(rounds 400 5)"; done
for i in $(seq "$(rounds 4 1)"); do requests "requests on new connections, $i" "$(rounds 5000 150)" 1; done
check_eq 'without growth of memory' "$(settles $((before + slack)))" ''
now=$(slabs)
note "after that: $(memory 80) bytes, had $before; slabs ${now:-?} KB, had ${slabs:-?}"
check 'nor of slabs' [ "${now:-0}" -le $((${slabs:-0} + 4096)) ]
check_eq 'all from the caches' "$(asked)" "$asked_before"

# --- a flood of SYNs ---
inR ip route add 198.18.0.0/15 via 192.168.0.2
before=$(memory 80) most=0 right=0 wrong=0
flood() { # until somebody was served meanwhile
	inA synflood $S 80 "$(rounds 100000 1000)"
	until [ -e served ]; do inA synflood $S 80 500; done
}
flood >sent & flood=$!
while :; do
	NS=B by_http h16 && is_right=1 || is_right=0
	now=$(memory 80)
	[ "$now" -le "$most" ] || most=$now
	kill -0 $flood 2>/dev/null || break
	right=$((right + is_right)) wrong=$((wrong + 1 - is_right))
	: >served
done
if wait $flood; then pass 'a flood of SYNs'; else fail 'a flood of SYNs'; fi
note "a flood of SYNs: $(paste -sd ' ' sent), meanwhile $right downloads were right, $wrong were not; state had up to $most bytes, before $before"
check_eq 'meanwhile all clients are served' "$wrong of $((right + wrong)) were not" "0 of $right were not"
check 'what is half open is bounded' [ "$most" -le $((before + 2 * slack)) ]
check_eq 'and goes' "$(settles $((before + slack)))" ''

# --- more than they may keep ---
more=(m{1..3})
[ ! "$is_all" ] || more+=(m{4..40})
for file in "${more[@]}"; do head -c "$(rounds 1048576 400000)" /dev/urandom >"files/$file"; done
chmod a+r files/*
timed 'more, by HTTP' by_http "${more[@]}"
timed 'and by TFTP' by_curl "${more[@]}"
evicted=("$(counted 80 evicted)" "$(counted 69 evicted)") pieces=("$(entries 'http cache')" "$(entries 'tftp cache')")
note "evicted: ${evicted[*]}; kept: ${pieces[*]} pieces"
check 'others go for it' [ $((evicted[0] > 0 && evicted[1] > 0)) = 1 ]
check 'there is no more than may be, by HTTP' [ "${pieces[0]}" -le $(($(rounds 80 1) * 16 + ${#all[@]} + ${#more[@]})) ]
check 'nor by TFTP' [ "${pieces[1]}" -le $(($(rounds 96 1) * 32 + ${#all[@]} + ${#more[@]})) ]
check 'what there was comes as before' by_http "${all[@]}"
check 'and by TFTP' by_curl "${all[@]}"

# --- the end ---
rules http.lua -D
rules tftp.lua -D
check_eq 'without the rules nothing is left' "$(entries 'http cache') $(entries 'tftp cache')" '0 0'
no_packetscript() { [ -z "$(inR sed 1d /proc/net/packetscript)" ]; }
wait_for no_packetscript
rm -f files/m*
if [ "$is_all" ]; then # without that less is kept than what is free goes up and down by
	now=$(free_kb)
	check "memory is back: $now KB, $free before" [ "$now" -ge $((free - 8192)) ]
fi
kill $tftpd
