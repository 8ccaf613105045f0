#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The HTTP cache with the kernel's sockets, in front of nginx, with real clients: who answers, with what, those that are slow, many at once, and the end.
. /tests/lib.sh
. /tests/web.sh

ip link set lo up
S=127.0.0.1
scripts=$lua/examples/cache
cp -r "$scripts" kept
restore() { cp kept/*.lua "$scripts"; }
trap restore EXIT
most=$(rounds 128 48) # connections; each has a thread, which an emulated machine takes its time to make
sed -i "s/^local CONNECTIONS_MAX <const> = 128/local CONNECTIONS_MAX <const> = $most/" "$scripts/http-sockets.lua"
sed -i 's/^\(local ADDRESS.*\) 8000$/\1 80/; s/^\(local ORIGIN.*\) 80 --/\1 8080 --/' "$scripts/http-sockets.lua"
sed -i 's/= 200, 5, 50 /= 200, 5, 5 /' "$scripts/http-sockets-watch.lua"
web_files 0 1 1448 16384 65536 65537 1000000
mkdir files/slow
web_conf $S:8080 "
	location /slow/ { proxy_pass http://$S:81; }
	location /cut/ { proxy_pass http://$S:82; }
	location /takes/ { proxy_pass http://$S:8080/taken/; }
	location /taken/ { return 200 \$request_method; }"
start() { nginx -c "$PWD/conf" -e "$PWD/error.log"; }
# get FILE… [-- ARGUMENT…]
get() { get_by timeout 60 -- "$@"; }
status() { timeout 60 curl -so /dev/null -w '%{http_code}' "$@"; }
# told NAME [AT_LEAST]: what the device says of it; whether it says so much
told() {
	local n
	n=$(sed -n "s/^$1: //p" /dev/http-sockets)
	if [ $# = 1 ]; then echo "$n"; else [ "$n" -ge "$2" ]; fi
}
has_threads() { [ "$(ps -eo comm | grep -c '^http/')" -ge "$1" ]; }
has_at_most() { ! has_threads $(($1 + 1)); }
no_threads() { [ -z "$(ps -eo comm | grep '^http[/-]')" ]; }
no_listener() { [ -z "$(ss -Htln 'sport = 80')" ]; }

start
modprobe packetscript
lunatik load
free=$(free_kb)
dmesg -C
check 'it is started' lunatik spawn examples/cache/http-sockets
all=(f0 f1 f1448 f16384 f65536 f65537 f1000000)
check 'the server answers' get "${all[@]}"
check_eq 'each of the requests' "$(asked 'GET .* 200$') $(told misses)" '7 7'
check_eq 'all is kept' "$(told stored) $(told objects)" '7 7'
check 'the cache answers' get "${all[@]}"
check 'also wget' eval 'wget -qO- http://$S/f65537 | cmp - files/f65537'
check_eq 'and the server is not asked' "$(asked) $(told hits)" '7 8'
check_match 'HEAD is answered' "$(curl -sI http://$S/f1448)" '^HTTP/1.1 200 OK.*Content-Length: 1448.*Age: [0-9]+'
check 'also HTTP/1.0' get f16384 -- -0
check_eq 'by the cache' "$(asked)" 7

# --- what is not kept, and for how long
check 'what says no-store, vary and cookie' get refuses/{no-store,vary,cookie} refuses/{no-store,vary,cookie}
check_eq 'is not kept' "$(asked refuses)" 6
check_eq 'ranges pass' "$(curl -s -r 1-3 http://$S/f1448 | cmp - <(tail -c +2 files/f1448 | head -c 3) && asked 'f1448 .* 206')" 1
check_eq 'so do conditions' "$(status -H "If-None-Match: $(curl -sI http://$S/f1448 | tr -d '\r' | sed -n 's/^ETag: //p')" http://$S/f1448)" 304
check 'hits and misses over one connection' get f1 refuses/vary f1448 refuses/cookie f65536 refuses/no-store f0
check_eq 'those that are kept from the cache' "$(asked 'GET /f.* 200')" 7
check 'chunks pass' get chunked/text
check 'and are kept' get chunked/text
check_match 'with their length' "$(curl -sI http://$S/chunked/text)" 'Content-Length: 23893'
check_eq 'after one request' "$(asked chunked)" 1
check 'what lives for two seconds' get quick/text quick/text
check_eq 'is kept' "$(asked quick)" 1
sleep 2.2 & quick=$!
check_eq 'bodies are passed to the server' "$(curl -sS --data-binary @files/f65537 http://$S/takes/x) $(curl -sS -H 'Expect: 100-continue' -d x http://$S/takes/x)" 'POST POST'
check_eq 'and other methods take the object away' "$(status -X DELETE http://$S/f1) $(told void)" '405 1'
check_eq 'what is not understood is refused' "$(status -H 'Transfer-Encoding: chunked' -d x http://$S/f1) $(status -H 'Host: a b' http://$S/f1) $(status -H 'Expect: x' http://$S/f1)" '501 400 417'
pipeline() {
	local i
	{ for i in 1 2 3; do printf 'GET /f%s HTTP/1.1\r\nHost: %s\r\n\r\n' 1 $S 1448 $S; done; printf 'GET /refuses/vary HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' $S; } |
		timeout 20 nc $S 80 | grep -ao 'HTTP/1.1 200 OK' | wc -l
}
check_eq 'requests that do not wait for answers' "$(pipeline)" 7
echo "forget $S/f1448" >/dev/http-sockets
check_eq 'one is forgotten' "$(get f1448 && asked 'GET /f1448 .* 200')" 2
check_fails 'unknown commands are refused' eval 'echo forget >/dev/http-sockets'

# --- many at once, and without a server
many() { webask $S "$1" "$1" 1 '/f16384?%' files/f16384 2>/dev/null; }
n=$((most + 20))
before=$(asked)
check_eq 'more at once than have threads' "$(many $n)" "$n right of $n, $n at once, 0 connections wrong"
check_eq 'from the server' "$(asked)" $((before + n))
check_eq 'and again' "$(many $n)" "$n right of $n, $n at once, 0 connections wrong"
check_eq 'from the cache' "$(asked)" $((before + n))
check_eq 'over connections that stay' "$(webask $S 20 20 10 /f65537 files/f65537 2>/dev/null)" '200 right of 200, 20 at once, 0 connections wrong'
check 'threads that have nothing to do end' wait_for has_at_most 8
idle=()
for ((i = 0; i < most; i++)); do
	exec {fd}<>/dev/tcp/$S/80
	idle+=("$fd")
done
check 'connections that nobody uses give way' get f1
for fd in "${idle[@]}"; do exec {fd}>&-; done
wait $quick
check 'what lives for two seconds does no longer' get quick/text
check_eq 'than that' "$(asked quick)" 2
stop
check 'without a server hits are answered' get "${all[@]:2}"
check_eq 'misses are not' "$(status http://$S/none)" 502
start

# --- the end under load, and another beginning at the same port, with less patience
load() { while :; do webask $S 40 20 5 /f1000000 files/f1000000 || sleep 0.1; done; }
load >/dev/null 2>&1 & load=$!
wait_for has_threads 10
check 'it is stopped under load' lunatik stop examples/cache/http-sockets
check 'with all its threads' no_threads
check 'and listens no longer' no_listener
check 'nor is there a device' [ ! -e /dev/http-sockets ]
kill $load
wait $load 2>/dev/null || true
sed -i 's/HEAD_TIME <const> = 30000, 15000/HEAD_TIME <const> = 30000, 1500/; s/ORIGIN_TIME <const> = 20000, 5000, 20000/ORIGIN_TIME <const> = 1500, 5000, 1500/' "$scripts/http-sockets-connection.lua"
check 'it may begin anew at once, where connections of the one before still end' lunatik spawn examples/cache/http-sockets
check 'and has an empty cache' [ "$(told objects)" = 0 ]
sleep 60 | nc -l $S 81 >/dev/null & slow=$!
check 'what is asked for' get f1 f1000000
exec {taker}<>/dev/tcp/$S/80 {talker}<>/dev/tcp/$S/80
for i in 1 2 3 4 5 6 7 8 9; do printf 'GET /f1000000 HTTP/1.1\r\nHost: %s\r\n\r\n' $S; done >&$taker
printf 'GET /f1 HTTP/1.1\r\nHo' >&$talker
printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc' | nc -lN $S 82 >/dev/null & cut=$!
wait_for eval '[ -n "$(ss -Htln "sport = 82")" ]'
check_eq 'an answer that is cut is so for the client' "$(curl -so cut -w '%{http_code} %{exitcode}' http://$S/cut/ || true) $(cat cut) $(told objects)" '200 18 abc 2'
wait $cut || true
check_eq 'a server that says nothing is not waited for' "$(status http://$S/slow/)" 504
check 'who takes nothing, and says only half, goes' wait_for told late 3
check 'others do not' get f1 f1000000
exec {taker}>&- {talker}>&-
kill $slow 2>/dev/null || true

# --- the other end
echo stop >/dev/http-sockets
check 'a command stops it, too' wait_for no_threads
check 'and it listens no longer' no_listener
lunatik unload
check_eq 'the log has nothing of it but the command' "$(dmesg | grep -v 'device: ' | grep -c 'packetscript:' || true)" 0
check 'nothing holds the modules' eval 'for module in luasocket luathread luadevice; do [ ! -e /sys/module/$module ] || wait_for rmmod $module; done'
now=$(free_kb)
check "memory is back: $now KB, $free before" [ "$now" -ge $((free - 4096)) ]
kill "$(cat pid)"
