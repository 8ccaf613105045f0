#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The cases of tests/packet in the kernel, in the shapes that a socket buffer may have: each case in a fifth of them, and each
# shape with a fifth of the cases. With corpus=all on the kernel's command line (run.sh --append) each case in all.
. /tests/lib.sh

modinfo ps_feed >/dev/null 2>&1 || skip 'ps_feed is not in this image: make feed'
modprobe -a ps_feed xt_LUA
echo 400 >/sys/module/packetscript/parameters/packet_ms # cases that loop come in many shapes
check 'the device is there' wait_for test -c /dev/ps_feed
grep -q 'corpus=all' /proc/cmdline || export FEED_EACH=5
# what it prints is a result for each case
/tests/packet/run --quick feed | sed -u '$!b; s/^/# /' | tee results || true
check_eq 'each case has a result' "$(grep -cE '^(not )?ok - ' results)" "$(ls /tests/packet/*/*.lua | wc -l)"
