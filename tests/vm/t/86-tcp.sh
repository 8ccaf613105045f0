#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# TCP of a script (examples/cache/tcp.lua and services.lua) on R, and Linux' own on A: what comes back, with losses, in another order, at once, to the end.
. /tests/lib.sh

topology
cp /examples/cache/{tcp,services}.lua .
S=192.168.0.1
rule() { inR iptables -t mangle "$1" PREROUTING -i rA -p tcp --dport 7:19 -j LUA --script services.lua --memory 16M; }
check 'the rule' rule -A
# ask PORT [OPTION…]: what the service says to standard input
ask() { inA timeout 60 nc "${@:2}" $S "$1"; }
# comes_back FILE: from echo, and the connection ends in good order
comes_back() { ask 7 -N <"$1" | cmp - "$1"; }
# characters BYTES: the first of port 19, and what they should be
characters() { ask 19 </dev/null 2>/dev/null | head -c "$1"; }
# pattern BYTES: those; 95 lines, and then they begin anew
pattern() {
	[ -e lines ] || awk 'BEGIN {
		for (i = 32; i < 127; i++) all = all sprintf("%c", i)
		all = all all
		for (n = 0; n < 95; n++) printf "%s\r\n", substr(all, 1 + n, 72)
	}' >lines
	local i
	for ((i = 0; i < $1; i += 95 * 74)); do echo lines; done | xargs cat | head -c "$1"
}

seq 1 40000 >text
check_eq 'a word comes back' "$(ask 7 -N <<<hello)" hello
check_eq 'a quote, and the end' "$(ask 17 -d | tr -d '\r')" 'Be liberal in what you accept, and conservative in what you send.'
check '230 KB come back' comes_back text
pattern 3000000 >wanted
check '3 MB of characters are those that they should be' eval 'characters 3000000 | cmp - wanted'

# --- devices that do nothing themselves: A looks at each checksum ---
offload off
dump A seen 60 -c 6 -nvvi eth0 'tcp port 7'
ask 7 -N <<<options >/dev/null
wait $!
check_match 'options are agreed upon' "$(tr -d '\n' <seen)" 'Flags \[S\.\][^[]*options \[[^]]*mss 1460,[^]]*wscale 0'
before=$(snmp A Tcp InCsumErrors)
check 'all comes back' comes_back text
check 'and all characters' eval 'characters 1000000 | cmp - <(head -c 1000000 wanted)'
check_eq 'checksums are right' "$(snmp A Tcp InCsumErrors)" "$before"

# --- losses and another order, on both ways ---
for end in R:rA A:eth0; do at ${end%:*} tc qdisc add dev ${end#*:} root netem delay 2ms loss 3% reorder 20%; done
seq 1 12000 >short
check 'with 3 of 100 lost, and another order, all comes back' comes_back short
check 'and all of them that are made' eval 'characters 400000 | cmp - <(head -c 400000 wanted)'
for end in R:rA A:eth0; do at ${end%:*} tc qdisc del dev ${end#*:} root; done

# --- bytes that change on the way: who looks at checksums is conntrack ---
invalid() { inR iptables -t mangle "$1" PREROUTING -i rA -p tcp --dport 7 -m conntrack --ctstate INVALID -j DROP; }
invalid -I
at A tc qdisc add dev eth0 root netem corrupt 10%
check 'with changed bytes on the way, all comes back as it was' comes_back text
at A tc qdisc del dev eth0 root
check 'some were dropped for that' test "$(inR iptables -t mangle -L PREROUTING -vnx | awk '/INVALID/ { print $1 }')" -gt 0
invalid -D

# --- many at once ---
check_eq 'of 60 at once, each with its own 60 KB, none fails' "$(inA tcpask $S 7 60 60 4500 'text of % now, ' 'text of % now, ')" '60 right of 60'
check_fails 'a port without a service is closed' inA timeout 20 nc -z $S 8
# --- the end, under load ---
characters 1000000000 >/dev/null & load=$!
comes_back text & other=$!
sleep 0.3
check 'the rule goes' rule -D
check 'and the modules' modprobe -r xt_LUA
kill $load $other 2>/dev/null || true
wait $load $other 2>/dev/null || true
