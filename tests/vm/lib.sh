# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Functions for tests in the virtual machine:  . /tests/lib.sh
#
# A check prints 'ok - text' or 'not ok - text' and lets the test go on; each counts as a result. Any other
# command that fails ends the test. Processes, namespaces, rules and modules are taken away after each test.
set -eEuo pipefail
. "${BASH_SOURCE[0]%/*}/wait.sh"
trap 'echo "# ${BASH_SOURCE[0]##*/}:$LINENO: failed with status $?: $BASH_COMMAND"' ERR

# --- saying what should be ---

pass() { echo "ok - $1"; }

# fail TEXT [DETAILS]
fail() {
	echo "not ok - $1"
	[ -z "${2:-}" ] || sed 's/^/#   /' <<<"${2%$'\n'}"
}

# check TEXT COMMAND…: the command succeeds
check() {
	local text=$1 out status=0
	shift
	out=$("$@" 2>&1) || status=$?
	if [ $status = 0 ]; then pass "$text"; else fail "$text" "status $status from: $*"$'\n'"$out"; fi
}

# check_fails TEXT COMMAND…: the command fails
check_fails() {
	local text=$1 out
	shift
	if out=$("$@" 2>&1); then fail "$text" "succeeded: $*"$'\n'"$out"; else pass "$text"; fi
}

# check_eq TEXT ACTUAL EXPECTED
check_eq() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:      $2"$'\n'"expected: $3"; fi
}

# check_match TEXT ACTUAL REGEX (extended, as in [[ =~ ]])
check_match() {
	if [[ $2 =~ $3 ]]; then pass "$1"; else fail "$1" "got:             $2"$'\n'"does not match: $3"; fi
}

# schema NAME FILE: each line is JSON as docs/schema/NAME.json has it: run.sh looks, when the machine has ended
schema() { sed "s/^/# schema $1 /" "$2"; }

# skip REASON: ends the test
skip() {
	echo "# skip: $1"
	exit 77 # no command that tests call ends with that
}

# Scripts have far more time than by default, and are never switched off, as init has it (unhurried.conf), unless a test is about that.
readonly limits_file=/etc/modprobe.d/unhurried.conf
# set_limits: those that the file names, of the module that is loaded; to the values there, or to the default ones
set_limits() {
	local limit name default
	[ -d /sys/module/packetscript ] || return 0
	for limit in $(sed -n 's/^options packetscript //p' /tests/unhurried.conf); do
		name=${limit%%=*} default=
		[ -e "$limits_file" ] || default=$(modinfo -p packetscript | sed -n "s/^$name:.*(\([0-9]*\)).*/\1/p")
		echo "${default:-${limit#*=}}" >"/sys/module/packetscript/parameters/$name"
	done
}
# hurried: from now on the limits are the default ones, whether the module is there or comes
hurried() {
	rm -f "$limits_file"
	set_limits
}
# unhurried: scripts have far more time again
unhurried() {
	cp /tests/unhurried.conf "$limits_file"
	set_limits
}

# unload: the modules go, if nobody holds them; for wait_for, as a namespace's hooks go some time after it
unload() {
	modprobe -r xt_LUA packetscript # by name: it does not go with an xt_LUA that went before
	[ ! -d /sys/module/packetscript ]
}

# option NAME [VALUE]: what the kernel's command line (run.sh --append) says of it, or VALUE
option() {
	local value
	value=$(sed -n "s/.*\b$1=\([^ ]*\).*/\1/p" /proc/cmdline)
	echo "${value:-${2:-}}"
}
# rounds MANY FEW: how often something is done under load, each time as the time before: FEW times, or MANY with rounds=many
rounds() { if [ "$(option rounds)" = many ]; then echo "$1"; else echo "$2"; fi; }

# --- runtimes in the kernel, which are not packets' ---

lua=/lib/modules/lua

# all_said: what scripts, and errors in them, have written to the log; said [N]: the last line of it, or N lines
all_said() { dmesg | sed 's/^\[[^]]*\] //' | sed -n 's/^packetscript: //p'; }
said() { all_said | tail -n "${1:-1}"; }
# has REGEX: a whole line of it
has() { grep -qE -- "^$1\$" < <(all_said); }

# run <<<TEXT: a script in a runtime of its own, until 'rmmod lunatik_run'
run() {
	cat >$lua/test.lua
	modprobe lunatik_run script=test
}

# run_afresh <<<TEXT: the same, and what it says is all that is said; all of that is shown if it fails
run_afresh() {
	dmesg -C
	run || { all_said; return 1; }
}

# --- the keyboard ---

# open_keyboard: whose keys QEMU's monitor presses
open_keyboard() {
	modprobe -aq i8042 atkbd || true # or the kernel has them built in
	stty -F /dev/ttyS2 raw -echo
	exec {monitor}<>/dev/ttyS2
}
# has_keyboard: waits for it, and for the monitor. What the monitor greets with is echoed to it until the port is raw, and so
# begins its first line: that one is ended before something is asked.
has_keyboard() {
	printf '\n\n\nprint 42\n' >&$monitor
	timeout 60 sed -u '/^0x2a/q' <&$monitor | grep '^0x2a' && wait_for grep 'AT Translated' /proc/bus/input/devices
}
# press KEYS…: one after the other, as QEMU names them
press() {
	local key
	for key; do
		echo "sendkey $key 20" >&$monitor
		sleep 0.1
	done
}

# --- the network ---

# hosts COMMANDS: namespaces A, R and B, in each of which bash runs COMMANDS in /proc/sys/net while there are no devices,
# which take these settings over; then the cables: eth0 of A to rA of R, rB of R to eth0 of B
hosts() {
	local ns
	printf 'netns add %s\n' A R B | ip -batch -
	for ns in A R B; do at $ns bash -c "cd /proc/sys/net; ns=$ns; $1"; done
	ip -batch - <<-END
		link add rA netns R type veth peer name eth0 netns A
		link add rB netns R type veth peer name eth0 netns B
	END
}

# bridged: rA and rB, which R has, are ports of a bridge, br0
bridged() {
	ip -n R -batch - <<-END
		link add br0 type bridge forward_delay 0
		link set rA master br0
		link set rB master br0
		link set rA up
		link set rB up
		link set br0 up
	END
}

# A 192.168.0.2, fd00:a::2 (eth0) -- (rA) 192.168.0.1, fd00:a::1  R  10.0.0.1, fd00:b::1 (rB) -- (eth0) 10.0.0.2, fd00:b::2 B
topology() {
	hosts '
		for c in all default; do
			echo 0 >ipv4/conf/$c/rp_filter
			echo 0 >ipv6/conf/$c/accept_dad
			echo 0 >ipv6/conf/$c/dad_transmits
		done
		[ $ns != R ] || { echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding; }'
	ip -n R -batch - <<-END
		addr add 192.168.0.1/24 dev rA
		addr add fd00:a::1/64 dev rA nodad
		addr add 10.0.0.1/24 dev rB
		addr add fd00:b::1/64 dev rB nodad
		link set lo up
		link set rA up
		link set rB up
	END
	host A 192.168.0 fd00:a
	host B 10.0.0 fd00:b
}

# host NS IPV4-PREFIX IPV6-PREFIX: the host part is 2, the router's is 1
host() {
	ip -n "$1" -batch - <<-END
		addr add $2.2/24 dev eth0
		addr add $3::2/64 dev eth0 nodad
		link set lo up
		link set eth0 up
		route add default via $2.1
		route add default via $3::1
	END
}

# at NS COMMAND…: a faster "ip netns exec", which leaves /sys alone. The path keeps busybox, whose nsenter it is, from running
# a program of its own that has the command's name.
at() {
	hash -- "$2" || return 127
	nsenter --net="/run/netns/$1" "${BASH_CMDS[$2]:-$2}" "${@:3}"
}
inA() { at A "$@"; }
inR() { at R "$@"; }
inB() { at B "$@"; }
# dump NS FILE SECONDS ARGUMENT…: tcpdump in the background, as $!, which listens when this returns: what it sees is in FILE, what it says in
# FILE.err, which must not have the words of the one before
dump() {
	: >"$2.err"
	at "$1" timeout "$3" tcpdump "${@:4}" >"$2" 2>"$2.err" &
	wait_for grep -q 'listening on' "$2.err"
}

# offload on|off|hosts: whether checksums and segmentation are left to the device. veth begins with most of them on: then
# nobody looks at a checksum, since the packet never leaves memory. With 'hosts', A and B leave theirs to the device, R
# completes them after its scripts have run, and the other side checks them.
offload() {
	local end how
	for end in A:eth0 R:rA R:rB B:eth0; do
		how=$1
		[ "$1" != hosts ] || { [[ $end == R:* ]] && how=off || how=on; }
		at "${end%:*}" ethtool -K "${end#*:}" tx $how rx $how sg $how tso $how gso $how gro $how >/dev/null
	done
}

# rules FILE -A|-D: those that the script's header names, of R
rules() {
	local line
	sed -n 's/^--   iptables //p' "$1" | while read -r line; do
		# shellcheck disable=SC2086 # the line is words
		inR iptables ${line/-A/$2}
	done
}
# counted STATE NAME: what its script has counted
counted() { inR packetscript stats --state "$1" --json 2>/dev/null | grep -oE "\"$2\": ?[0-9]+" | grep -oE '[0-9]+$' || echo 0; }

# snmp NS PROTOCOL FIELD: a counter, as in: snmp B Udp InCsumErrors, snmp B Udp6 InErrors, snmp B TcpExt TCPTimeouts
snmp() {
	at "$1" awk -v key="$2" -v field="$3" '
		FILENAME ~ /snmp6$/ { if ($1 == key field) { value = $2; found = 1 } next }
		$1 != key ":" { next }
		!(FILENAME in column) { column[FILENAME]; for (i = 2; i <= NF; i++) if ($i == field) at = i; next }
		at { value = $at; found = 1; at = 0 }
		END { if (!found) { print "snmp: no counter " key " " field >"/dev/stderr"; exit 1 } print value }
	' /proc/net/snmp /proc/net/netstat /proc/net/snmp6
}

# snmp_sum 'PROTOCOL FIELD'…: these counters of A, R and B, added up
snmp_sum() {
	local ns counter sum=0
	for ns in A R B; do
		for counter; do
			# shellcheck disable=SC2086 # protocol and field are two words
			sum=$((sum + $(snmp $ns $counter)))
		done
	done
	echo $sum
}

# --- servers; each is listening when the function returns ---

# start_nginx NS DIRECTORY ADDRESS:PORT (IPv6: [ADDRESS]:PORT)
start_nginx() {
	local home
	home=$(mktemp -d "${TMPDIR:-/tmp}/nginx.XXXX")
	cat >"$home/conf" <<-END
		user root;
		worker_processes 1;
		pid $home/pid;
		error_log $home/error.log;
		events { worker_connections 64; }
		http {
			types { text/plain txt; text/html html; }
			access_log $home/access.log;
			client_body_temp_path $home;
			proxy_temp_path $home;
			fastcgi_temp_path $home;
			uwsgi_temp_path $home;
			scgi_temp_path $home;
			sendfile on;
			server { listen $3; root $2; }
		}
	END
	at "$1" nginx -c "$home/conf" -e "$home/error.log"
}

# udp_echo NS ADDRESS PORT
udp_echo() { at "$1" udpecho "$2" "$3"; }

# udp_ask NS ADDRESS PORT TEXT [SECONDS]: sends one datagram, prints the answer; fails without one. SECONDS is for those
# that expect none.
udp_ask() {
	at "$1" bash -c '
		exec 3<>"/dev/udp/$0/$1"
		printf %s "$2" >&3
		timeout "$3" dd bs=64k count=1 status=none <&3' "$2" "$3" "$4" "${5:-60}"
}

# --- netlink, for genlask ---

# attr TYPE HEX: an attribute of netlink
attr() {
	local n=$((4 + ${#2} / 2)) zeros=000000
	printf '%02x%02x%02x%02x%s%s' $((n & 255)) $((n >> 8)) $(($1 & 255)) $(($1 >> 8)) "$2" "${zeros:0:$(((4 - n % 4) % 4 * 2))}"
}
# nested TYPE HEX: one of attributes
nested() { attr $((0x8000 | $1)) "$2"; }

# --- memory ---

# unreclaimable: KB of slabs that the kernel uses. What it only keeps to be allocated again, which 7.x does with much more than
# others, is given up first.
unreclaimable() {
	local cache
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*; do [ -L "$cache" ] || echo 1 >"$cache/shrink"; done
	awk '/^SUnreclaim/ { print $2 }' /proc/meminfo
}
# free_kb: KB that are free after that, on the lists of the CPUs as well, which have up to 25 MB each, or hold files: those of
# this machine are in memory, and some are written meanwhile
free_kb() {
	unreclaimable >/dev/null
	awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { sum += $2 } /^ +count:/ { sum += 4 * $2 } END { print sum }' /proc/meminfo /proc/zoneinfo
}

# --- the kernel's log ---

# klog_since: its messages since this test began
klog_since() { dmesg; }

# klog_has REGEX (extended)
klog_has() { dmesg | grep -E -- "$1" >/dev/null; }
