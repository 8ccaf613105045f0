#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The examples that serve connections: many of them, some that say nothing or go away, and the end while they are there.
. /tests/lib.sh

# spawn SCRIPT: a runtime of it with a thread, named server
spawn() {
	dmesg -C
	echo "require('thread').run(require('lunatik').runtime('$1'), 'server')" >$lua/test.lua
	modprobe lunatik_run script=test
}
listens() { grep -q "127.0.0.1:$1 " < <(ss -Htln); }
# has_threads NAME NUMBER
has_threads() { [ "$(ps -eo comm | grep -c "^$1")" = "$2" ]; }
# ends: the server, which is told by a signal; then nothing holds the modules
ends() {
	ps -eo pid,comm | awk '$2 == "server" { print $1 }' | xargs kill -TERM
	rmmod lunatik_run
	wait_for rmmod luathread && rmmod luasocket
}

# connections=1000 on the kernel's command line (run.sh --append) makes so many
connections=$(option connections 100)

ip link set lo up
modprobe packetscript
spawn examples/echod/daemon
check 'echod listens' wait_for listens 1337
check 'what is said to it comes back' tcpask 127.0.0.1 1337 1 1 1 'hello kernel!' 'hello kernel!'
check_eq "$connections connections, 100 of them at once" "$(tcpask 127.0.0.1 1337 $connections 100 100 'line of %, ' 'line of %, ')" "$connections right of $connections"
check 'their threads end' wait_for has_threads echod/ 0
# some that say nothing
exec {one}<>/dev/tcp/127.0.0.1/1337 {two}<>/dev/tcp/127.0.0.1/1337
check 'those that say nothing have threads, too' wait_for has_threads echod/ 2
tcpask 127.0.0.1 1337 1 1 100000 'more than it takes' 'something else' >/dev/null || true
check 'a client that is gone has none' wait_for has_threads echod/ 2
check 'others are served meanwhile' tcpask 127.0.0.1 1337 20 20 1000 'as before' 'as before'
check 'it ends with its connections' ends
check_eq 'which end with it' "$(timeout 10 cat <&$one; timeout 10 cat <&$two; echo end)" end
exec {one}>&- {two}>&-
check_eq 'the log has nothing but that' "$(dmesg | grep -c 'packetscript:' || true)" 0

spawn examples/shared
check 'shared listens' wait_for listens 90
check_eq 'a key has no value at first' "$(tcpask 127.0.0.1 90 1 1 1 $'foo\n' $'\n')" '1 right of 1'
check_eq 'then it has' "$(tcpask 127.0.0.1 90 1 1 1 $'foo=bar\nfoo\n' $'bar\n')" '1 right of 1'
check_eq 'for others, too' "$(tcpask 127.0.0.1 90 1 1 1 $'foo\r\nfoo=\nfoo\n' $'bar\n\n')" '1 right of 1'
check_eq "$connections connections, 100 of them at once" "$(tcpask 127.0.0.1 90 $connections 100 20 $'k%=v%, v%\nk%\n' $'v%, v%\n')" "$connections right of $connections"
check 'their threads end' wait_for has_threads shared/ 0
exec {one}<>/dev/tcp/127.0.0.1/90
wait_for has_threads shared/ 1
head -c 9000 /dev/zero | tr '\0' x >&$one || true # it may be closed before all is written
check 'a line without an end ends the connection' wait_for has_threads shared/ 0
exec {one}>&-
check 'it ends' ends
check_eq 'the log has nothing of it' "$(dmesg | grep -c 'packetscript:' || true)" 0

modprobe lunatik_run script=examples/tap
timeout 60 head -n 40 /dev/tap >frames & sniffer=$!
wait_for bash -c 'ss -Hl0 | grep -q .'
ping -q -c 100 -i 0.01 127.0.0.1 >/dev/null
wait $sniffer
check_eq 'tap has a line for each frame, as they come and go' "$(sort frames | uniq -c | tr -s ' \t' ' ')" \
	' 40 00:00:00:00:00:00 00:00:00:00:00:00 0x0800 98'
timeout -s TERM 1 cat /dev/tap >/dev/null || true
rmmod lunatik_run
check 'nothing holds the modules' wait_for rmmod luasocket
