#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What "make demo" shows, inside the virtual machine: a script on a router answers for an address
# that does not exist. All output is that of the commands shown. If one of them does not do what
# it should, this says so and exits with 1.
#
# At a terminal it pauses for the reader. DEMO_FAST=1 leaves the pauses out; to set it in the machine:
#   tests/vm/run.sh --append DEMO_FAST=1 --demo examples/demo.sh
. /tests/lib.sh

readonly script=/examples/redirect.lua answer='Hello, this is B.'

# run.sh tells the type of the terminal only if there is one.
if grep -q ' ps\.term=' /proc/cmdline && [ "$TERM" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
	printf '\e[?7h' # the firmware turned line wrapping off
else
	bold='' green='' red='' plain=''
	DEMO_FAST=1
fi

pause() { [ -n "${DEMO_FAST:-}" ] || sleep "$1"; }

give_up() {
	printf '\n%sThe demonstration failed: %s%s\n' "$red$bold" "$1" "$plain"
	echo 'The last messages of the kernel:'
	dmesg | tail -n 15
	exit 1
}
trap 'stty -onlcr 2>/dev/null || true' EXIT # waits until all is sent: the machine ends when this does
trap 'give_up "line $LINENO: status $?: $BASH_COMMAND"' ERR

chapter() {
	pause 1
	printf '\n%s--- %s ---%s\n' "$bold" "$1" "$plain"
	pause 0.2
}

# run HOST COMMAND: shows it and what it prints. Leaves that in $output, and in $status how it ended.
run() {
	printf '%s%s#%s %s\n' "$green" "$1" "$plain" "$2"
	pause 0.2
	status=0
	output=$(ip netns exec "$1" bash -c "$2" 2>&1) || status=$?
	[ -z "$output" ] || sed '/^$/d; s/^/   /' <<<"$output"
	pause 0.3
}

# answered TEXT: the last command succeeded and printed it
answered() {
	[ $status = 0 ] || give_up "that should have succeeded, but ended with status $status"
	[[ $output == *"$1"* ]] || give_up "that should have said: $1"
}

# unanswered TEXT: it did not print it
unanswered() {
	[[ $output != *"$1"* ]] || give_up "that should have got no answer, but says: $1"
	[ -n "$output" ] || echo '   (nothing)'
}

# listen HOST FILTER: what goes over its eth0, until seen
listen() {
	ip netns exec "$1" tcpdump -i eth0 -p -n -q -t -l --immediate-mode "$2" >"capture.$1" 2>"tcpdump.$1" &
	listeners+=($!)
	wait_for grep -q '^listening' "tcpdump.$1"
}

stop_listening() {
	wait_for -t 1 false || true	# the last packets
	kill "${listeners[@]}"
	wait "${listeners[@]}" 2>/dev/null || true
	listeners=()
}

# seen HOST PEER: prints what its eth0 saw. PEER is the other address, next to A's.
seen() {
	local port='(\.[0-9]+)?' way what
	local a="192\.168\.0\.2$port" peer="${2//./\\.}$port"
	sed '/^$/d; s/^/   /' "capture.$1"
	for way in "$a > $peer" "$peer > $a"; do
		for what in 'ICMP echo' 'tcp ' 'UDP, '; do
			grep -qE "^IP $way: $what" "capture.$1" ||
				give_up "eth0 of $1 should have seen: $way: $what"
		done
	done
}

three_questions() {
	local check=$1
	run A 'ping -c 1 -W 2 8.8.8.8'
	$check '1 received'
	run A 'curl -sS -m 5 http://8.8.8.8/'
	$check "$answer"
	run A 'echo hello over UDP | nc -u -w 2 -W 1 8.8.8.8 7'
	$check 'hello over UDP'
}

cd /tmp
listeners=()
dmesg -C
topology
mkdir www
echo "$answer" >www/index.html
ip netns exec B httpd -p 10.0.0.2:80 -h "$PWD/www"
udp_echo B 10.0.0.2 7

printf '\n%sPacketScript: Lua scripts decide about packets, in the kernel%s\n' "$bold" "$plain"
printf 'Linux %s. Three hosts, each a network namespace of this machine:\n' "$(uname -r)"
cat <<'END'

   +-------------+          +------------------------+          +------------+
   |      A      |          |       R, a router      |          |     B      |
   | 192.168.0.2 |----------| 192.168.0.1   10.0.0.1 |----------|  10.0.0.2  |
   +-------------+          +------------------------+          +------------+
    asks 8.8.8.8,              here a script will              HTTP, port 80
    which is nowhere           rewrite the packets             UDP echo, port 7
END
pause 2

chapter 'Without the script: nobody answers'
three_questions unanswered

chapter 'The script on R: there() sends questions to B, back() signs the answers'
run R "grep -v ^-- $script"
answered 'function there'
pause 2

chapter 'The rules on R, one for each direction'
run R "iptables -t mangle -A PREROUTING -d 8.8.8.8 \\
     -j LUA --script $script --function there"
answered ''
run R "iptables -t mangle -A POSTROUTING -s 10.0.0.2 \\
     -j LUA --script $script --function back"
answered ''

chapter 'With the script: the same questions, answered'
for host in A B; do
	listen $host 'icmp or udp port 7 or tcp[tcpflags] & tcp-syn != 0'
done
three_questions answered

chapter 'What went over the wires (of TCP: the first packets)'
stop_listening
echo 'at A, which talks to 8.8.8.8:'
seen A 8.8.8.8
pause 1
echo 'at B, which is 10.0.0.2:'
seen B 10.0.0.2
pause 1

chapter 'What R counted: each rule (packets, bytes, ...), and their Lua state'
run R "iptables -t mangle -L -v -n | grep LUA | tr -s ' '"
[ "$(grep -cE '^ *[1-9][0-9]* .* LUA ' <<<"$output")" = 2 ] || give_up 'a rule has seen no packet'
run R 'cat /proc/net/packetscript'
state=$'\n0 +2 +[1-9][0-9]* +0 '
[[ $output =~ $state ]] || give_up 'this is not state 0 with 2 rules and 0 errors'
pause 1

chapter 'What the kernel has to say about all this'
run R 'dmesg -t --level=emerg,alert,crit,err,warn'
grep -v '^$' <<<"$output" | grep -vE 'loading out-of-tree module taints|module verification failed' >strange || true
[ ! -s strange ] || give_up 'there is a message that should not be'
echo 'Nothing else: no warning, no error.'

printf '\n%sAll of it went as it should.%s  Try it yourself: make vm\n\n' "$bold" "$plain"
