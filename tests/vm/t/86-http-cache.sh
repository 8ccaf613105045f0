#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The HTTP cache, on R, in front of nginx there, with real clients on A: who answers, with what, under loss, and to the end.
. /tests/lib.sh
. /tests/web.sh

topology
offload off # so that checksums are looked at
cp /examples/cache/{tcp,objects,messages,http}.lua .
S=192.168.0.1
large=5000000
web_files 0 1 1447 1448 1449 16384 102400 "$large"
web_conf $S:80
start() { at R nginx -c "$PWD/conf" -e "$PWD/error.log"; }
# get FILE… [-- ARGUMENT…]
get() { get_by inA timeout 100 -- "$@"; }
all=(f0 f1 f1447 f1448 f1449 f16384 f102400 "f$large")

start
rules http.lua -A
check 'the server answers' get "${all[@]}"
check_eq 'each of the requests, which come from A' "$(asked '^192.168.0.2 GET .* 200$')" 8
check_eq 'all is kept' "$(counted 80 stored)" 8
check 'the cache answers' get "${all[@]}"
check 'also wget' eval 'inA wget -qO- http://$S/f102400 | cmp - files/f102400'
check_eq 'and the server is not asked' "$(asked) $(counted 80 hits)" '8 9'
check_match 'HEAD is answered' "$(inA curl -sI http://$S/f1448)" '^HTTP/1.1 200 OK.*Content-Length: 1448.*Age: [0-9]+'
check 'also HTTP/1.0' get f16384 -- -0
check_eq 'by the cache' "$(asked)" 8

# --- what a CPU has received, and not looked at yet, is a list of netdev_max_backlog packets (1,000), which a script must not fill at once
dropped() {
	local packets n=0
	while read -r _ packets _; do n=$((n + 0x$packets)); done </proc/net/softnet_stat
	echo $n
}
lost=$(dropped) backlog=$(sysctl -n net.core.netdev_max_backlog)
sysctl -q net.core.netdev_max_backlog=300
for ((i = 1; i < 5; i++)); do check "a large one comes, $i" get "f$large"; done
check_eq 'and nothing of it is dropped' "$(dropped)" "$lost"
sysctl -q net.core.netdev_max_backlog="$backlog"

# --- what is not kept, and for how long
check 'what says no-store, vary and cookie' get refuses/{no-store,vary,cookie} refuses/{no-store,vary,cookie}
check_eq 'is not kept' "$(asked refuses)" 6
check_eq 'ranges pass by' "$(inA curl -s -r 1-3 http://$S/f1448 | cmp - <(tail -c +2 files/f1448 | head -c 3) && asked 'f1448 .* 206')" 1
check 'hits and misses over one connection' get f1 refuses/vary f1447 refuses/cookie f102400 refuses/no-store f1449
check_eq 'those that are kept from the cache' "$(asked 'GET /f')" 9
check 'chunks pass' get chunked/text
check 'and are kept' get chunked/text
check_match 'with their length' "$(inA curl -sI http://$S/chunked/text)" 'Content-Length: 23893'
check_eq 'after one request' "$(asked chunked)" 1
check 'what lives for two seconds' get quick/text quick/text
check_eq 'is kept' "$(asked quick)" 1
sleep 2.2 & quick=$!
pipeline() {
	local i
	{ for i in 1 2 3; do printf 'GET /f%s HTTP/1.1\r\nHost: %s\r\n\r\n' 1 $S 1449 $S; done; printf 'GET /refuses/vary HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' $S; } |
		inA timeout 20 nc $S 80 | grep -ao 'HTTP/1.1 200 OK' | wc -l
}
check_eq 'requests that do not wait for answers' "$(pipeline)" 7
check_eq 'no checksum is wrong' "$(snmp_sum 'Tcp InCsumErrors' 'Ip InHdrErrors')" 0

# --- many at once, and without a server
many() { inA webask $S "$1" "$1" 1 '/f16384?%' files/f16384 2>/dev/null; }
before=$(asked)
check_eq 'many at once' "$(many 60)" '60 right of 60, 60 at once, 0 connections wrong'
check_eq 'from the server' "$(asked)" $((before + 60))
check_eq 'and again' "$(many 60)" '60 right of 60, 60 at once, 0 connections wrong'
check_eq 'from the cache' "$(asked)" $((before + 60))
wait $quick
check 'what lives for two seconds does no longer' get quick/text
check_eq 'than that' "$(asked quick)" 2
stop
check 'without a server hits are answered' get "${all[@]}"
check_eq 'misses are not' "$(inA curl -so /dev/null -w '%{http_code}' http://$S/none)" 502
start

# --- losses and another order
for end in R:rA A:eth0; do at ${end%:*} tc qdisc add dev ${end#*:} root netem delay 1ms loss 5% reorder 20%; done
check 'hits arrive whole where packets are lost' get f102400 f1449
head -c 60000 files/f102400 >files/fresh
check 'and misses' get fresh f1 fresh
check_eq 'of which one is none' "$(asked fresh)" 1
for end in R:rA A:eth0; do at ${end%:*} tc qdisc del dev ${end#*:} root; done

# --- the script anew, and the end, under load
objects() { inR packetscript shared 'http cache' | wc -l; }
check 'the script is loaded anew' inR packetscript reload 80
check_eq 'and then the cache is empty' "$(objects)" 0
load() { while :; do get f102400 "f$large" -- -m 5 || true; done; }
load >/dev/null 2>&1 & load=$!
sleep 0.5
rules http.lua -D
check 'the modules go' modprobe -r xt_LUA
kill $load
wait $load 2>/dev/null || true
check 'and the server answers' get f1448
stop
