#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The example of a module in C that runs a script: examples/capi.
. /tests/lib.sh

cp $lua/mydevice.lua kept.lua
modprobe mydevice
check_eq 'what is read comes from Lua' "$(cat /dev/mydevice)" 42
check_eq 'by several at once, too' "$(for i in 1 2 3 4 5 6 7 8; do cat /dev/mydevice & done | sort -u; wait)" 42
check_fails 'packetscript stays as long as the module is there' rmmod packetscript
rmmod mydevice
check_eq 'and may go then' "$(lsmod | awk '$1 == "packetscript" { print $3 }')" 0

echo 'function myread(len, off) error("not today") end' >$lua/mydevice.lua
modprobe mydevice
check_match 'an error is one of reading' "$(cat /dev/mydevice 2>&1 || true)" 'Operation canceled'
check_match 'and is logged with its line and a traceback' "$(dmesg)" 'mydevice: mydevice: /lib/modules/lua/mydevice.lua:1: not today.*traceback'
rmmod mydevice

echo 'x =' >$lua/mydevice.lua
check_fails 'without a script that runs, there is no module' modprobe mydevice
rm $lua/mydevice.lua
check_fails 'nor without one at all' modprobe mydevice
check_match 'the log says why' "$(dmesg | tail -n 3)" 'there is no script /lib/modules/lua/mydevice.lua'
cp kept.lua $lua/mydevice.lua

for ((i = 0; i < 20; i++)); do
	modprobe mydevice
	cat /dev/mydevice >/dev/null &
	rmmod mydevice 2>/dev/null || { wait; rmmod mydevice; }
	wait
done
pass 'it comes and goes while it is read'
