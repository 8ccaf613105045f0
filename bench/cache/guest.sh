#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 14400
# In the machine: does what /bench/selection names, in each line a pair, a network, a way, a delay in milliseconds, and the first and
# the last size, as exponents of 2. The server and its cache are on R, the client is on A. Prints, for run:
#   RESULT pair network way delay bytes seconds    of a download, by the clock of the machine
#   REQUESTS pair network way kind count seconds    of many small ones
#   NOTE text
. /tests/lib.sh

hurried
. /bench/networks.sh
readonly dir=/bench S=192.168.0.1 large=1048576
read -r rounds large_rounds <$dir/rounds

declare -A server client script state
pair() { server[$1]=$2 client[$1]=$3 script[$1]=$4 state[$1]=$5; }
. $dir/pairs.sh

# Whether there is a script in a runtime: its threads open connections in the first network namespace, so the server is there.
is_runtime() { [ "$way" = cache ] && [ "${state[$pair]}" = - ]; }
name_of_runtime() { basename "${script[$pair]}" .lua; }

# --- servers, on R, of the files in $PWD/files; and clients

is_served() { [ -n "$(inR ss -Hln${1:0:1} "sport = ${1#*:}")" ]; }
# serve u|t:PORT COMMAND…
serve() {
	at R "${@:2}" &
	wait_for is_served "$1"
}
server_tftpd_hpa() { serve u:69 in.tftpd -L -4 -s -u nobody "$PWD/files"; }
server_atftpd() { serve u:69 atftpd --daemon --no-fork --bind-address $S --user root.root --logfile /dev/null "$PWD/files"; }

server_nginx() {
	if is_runtime; then
		(at() { "${@:2}"; } && start_nginx first "$PWD/files" 127.0.0.1:80) # as that namespace has no name
	else
		start_nginx R "$PWD/files" $S:80
	fi
	wait_for is_served t:80
}

# client_… FILE COUNT OUTPUT: downloads it so often; a line each: how many seconds it took

# One process. Before, it reads the smallest file, so that what it does only once is not in its figures.
client_curl_tftp() {
	local i arguments=(-o /dev/null "tftp://$S/f0")
	for ((i = 0; i < $2; i++)); do arguments+=(-o "$3" "tftp://$S/$1"); done
	inA curl -sS --tftp-no-options -w '%{time_total}\n' "${arguments[@]}" | sed 1d
}

# timed COUNT COMMAND…
timed() {
	# shellcheck disable=SC2016 # it is for that bash
	inA bash -c '
		count=$1
		shift
		for ((i = 0; i < count; i++)); do
			begin=${EPOCHREALTIME/./}
			"$@" >/dev/null 2>&1
			echo $((${EPOCHREALTIME/./} - begin))
		done' - "$@"
}

# A process each; what it takes to start it is taken off.
client_atftp() {
	timed "$2" atftp --option 'blksize 1428' --option 'windowsize 64' --get -r "$1" -l "$3" $S |
		awk -v starts="$starts" '{ printf "%.6f\n", ($1 - starts) / 1e6 }'
}
prepare_atftp() {
	starts=$(timed 10 atftp --version | awk 'NR > 2 { sum += $1 } END { printf "%.1f\n", sum / (NR - 2) }')
	echo "NOTE $network $way: atftp takes $starts us to start"
}
prepare_curl_tftp() { :; }

# One process, whose downloads have a connection each.
client_curl_http() {
	local i arguments=(-H 'Connection: close' -o /dev/null "http://$S/f0")
	for ((i = 0; i < $2; i++)); do arguments+=(-o "$3" "http://$S/$1"); done
	inA curl -sS -w '%{time_total}\n' "${arguments[@]}" | sed 1d
}
prepare_curl_http() { :; }

# --- the ways: server is what it is compared with

# All that the server sends comes later, by a script; what the cache answers does not: its ports are above.
delayed_by_script() {
	[ "$1" != 0 ] || return 0
	sed "s/^local LOSS, DELAY, JITTER = .*/local LOSS, DELAY, JITTER = 0, $1, 0/" $dir/delay.lua >delay.lua
	rule mangle -A OUTPUT -p udp --sport 0:60999 -j LUA --script delay.lua --state 1
	[ "$way" = cache ] || # answers of the HTTP cache have that port, too; of misses, which would be delayed, none is measured
		rule mangle -A OUTPUT -p tcp --sport 80 -j LUA --script delay.lua --state 1
}

way_server() { delayed_by_script "$delay"; }
way_netem() { inR tc qdisc add dev rA root netem delay "${delay}ms" limit 100000; }
way_cache() {
	local line
	if is_runtime; then
		begin_runtime
		return
	fi
	delayed_by_script "$delay"
	cp $dir/{tcp,objects,messages}.lua $dir/${script[$pair]} .
	sed -n 's/^--   iptables //p' ${script[$pair]} | while read -r line; do
		# shellcheck disable=SC2086 # the line is words
		inR iptables-legacy $line
	done
}

begin_runtime() {
	local name
	name=$(name_of_runtime)
	ip link set lo up
	sed -i 's/^\(local ADDRESS.*, \)8000$/\180/' "$lua/examples/cache/$name.lua"
	inR lunatik spawn "examples/cache/$name"
}

# It has counted nothing that went wrong. Its modules stay: they have no hooks, so they cost a server nothing.
end_runtime() {
	local name wrong
	name=$(name_of_runtime)
	wrong=$(grep -E '^(bad|no_server|late|cut|refused|no_room|not_kept): [^0]' "/dev/$name" || true)
	[ -z "$wrong" ] || fail "$pair $network: nothing went wrong" "$wrong"$'\n'"$(dmesg | tail -n 5)"
	lunatik stop "examples/cache/$name"
	kill "$(cat "${TMPDIR:-/tmp}"/nginx.*/pid)" # the others have taken theirs away
}

# --- measuring ---

# netem takes a packet that is to be cut for one; tbf cuts it before. Its own rate, ten times that, never holds a packet back.
cut_first() {
	[ -d /sys/module/sch_tbf ] || insmod $dir/sch_tbf.ko
	on_ends tc qdisc del dev DEV root
	on_ends tc qdisc add dev DEV root handle 1: tbf rate 1gbit burst 1600 limit 100000000
	on_ends tc qdisc add dev DEV parent 1: netem rate 100mbit 24 limit 100000
}

up() {
	topology
	network_$network
	[ $network != 100mbit ] || cut_first
	way_$way
	server_${server[$pair]}
	sleep 1
	prepare_${client[$pair]}
}

down() {
	[ "$(of_state errors)" = 0 ] || fail "$pair $network: the script has no errors" "$(inR cat /proc/net/packetscript)" "$(dmesg | tail -n 5)"
	! is_runtime || end_runtime
	ip netns pids R | xargs -r kill 2>/dev/null || true
	wait
	printf 'netns del %s\n' A R B | ip -batch -
	sleep 2 # that goes on in the background
}

# counted NAME: what the cache has counted
counted() {
	if is_runtime; then
		sed -n "s/^$1: //p" "/dev/$(name_of_runtime)"
	else
		counted_by_rules "$1"
	fi
}
counted_by_rules() { inR packetscript stats --state "${state[$pair]}" --json 2>/dev/null | grep -oE "\"$1\": ?[0-9]+" | grep -oE '[0-9]+$' || echo 0; }

# The first download is not measured: the cache gets the file by it, and so does the server's memory.
measure() {
	local file=$1 count=$rounds bytes seconds misses told
	bytes=$(stat -c %s "files/$file")
	[ "$bytes" -lt $large ] || count=$large_rounds
	if [ "$bytes" -lt $large ] || [ "$way" = cache ]; then
		rm -f got
		client_${client[$pair]} "$file" 1 got >/dev/null && cmp got "files/$file" ||
			{ fail "$pair $network $way $delay: $file arrives" "$(dmesg | tail -n 5)"; return; }
	fi
	misses=$(counted misses)
	told=$(client_${client[$pair]} "$file" "$count" /dev/null) || { fail "$pair $network $way $delay: $file arrives again" "$(dmesg | tail -n 5)"; return; }
	for seconds in $told; do echo "RESULT $pair $network $way $delay $bytes $seconds"; done
	[ "$way" != cache ] || [ "$(counted misses)" = "$misses" ] || fail "$pair $network: the cache answers for $file"
}

# Two thousand requests for 1 KB, sixteen of them at once: each on a connection of its own, or on sixteen that stay.
measure_requests() {
	local kind connections times told misses
	head -c 1024 /dev/urandom >files/object
	chmod a+r files/object
	for kind in new kept; do
		case $kind in new) connections=2000 times=1 ;; kept) connections=16 times=125 ;; esac
		inA webask $S 1 1 1 /object files/object >/dev/null 2>&1 || # the cache has it then
			{ fail "$pair $network $way: a request" "$(dmesg | tail -n 5)"; continue; }
		misses=$(counted misses)
		told=$(inA webask $S $connections 16 $times /object files/object 2>&1 >/dev/null) ||
			{ fail "$pair $network $way: requests, $kind connections" "$(dmesg | tail -n 5)"; continue; }
		[ "$way" != cache ] || [ "$(counted misses)" = "$misses" ] || fail "$pair $network: the cache answers, $kind connections"
		echo "REQUESTS $pair $network $way $kind 2000 ${told% s}"
	done
}

echo "CALIBRATION $($dir/udpsend --calibrate)"
modprobe veth
mkdir files
head -c 1 /dev/urandom >files/f0
while read -r pair network way delay from to; do
	up
	if [ "$to" = requests ]; then
		measure_requests
		down
		continue
	fi
	for ((e = from; e <= to; e++)); do
		[ -e files/f$e ] || head -c $((1 << e)) /dev/urandom >files/f$e
		chmod a+r files/f$e
		measure f$e
	done
	down
done <$dir/selection
