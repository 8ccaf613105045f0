#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# No packet takes longer than 100 ms, whatever the script of tests/hostile does.
. /tests/lib.sh

modinfo ps_feed >/dev/null 2>&1 || skip 'ps_feed is not in this image: make feed'
hurried
modprobe -a ps_feed xt_LUA
limits=/sys/module/packetscript/parameters
# each packet has all the time that a packet may have
for limit in share stops; do echo 0 >$limits/$limit; done
# what comes before the packet is not what this is about, and emulated it takes longer
echo 5000 >$limits/load_ms
check 'the device is there' wait_for test -c /dev/ps_feed
in-kernel /tests/hostile/*.lua | tee results
check_eq 'each script has a result' "$(grep -cE '^(not )?ok - ' results)" "$(ls /tests/hostile/*.lua | wc -l)"
worst=$(sed -n 's/^# the worst packet took \([0-9]*\)\..*/\1/p' results)
check 'scripts that loop had the time that they may have' test "$worst" -ge 40
