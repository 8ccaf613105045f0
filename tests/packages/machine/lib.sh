# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . /tests/boot/machine.sh, as it is called in the machine: for tests of one that has been installed from packages
. /tests/boot/lib.sh

readonly certificate=/var/lib/dkms/mok.pub module=xt_LUA
# version: of the module that the kernel has loaded
version() { cat /sys/module/packetscript/version 2>/dev/null || true; }
# on_disk: of the one that it would load
on_disk() { modinfo -F version packetscript; }
# echoed: whether pings have the TTL of guard.lua
echoed() { ping -c 1 -W 5 127.0.0.1 | grep 'ttl=42 ' >/dev/null; }
# marked: of how many pings the rule after that of rule.lua has seen the DSCP
marked() { iptables-save -c -t mangle | sed -n 's/^\[\([0-9]*\):.*-m dscp .*/\1/p'; }
# handled: how many packets scripts have had, as long as there are rules or hooks
handled() { awk '/^[0-9]/ { n += $3 } END { print n + 0 }' /proc/net/packetscript; }
# has N: the machine has revision N of its fleet, and is well
has() { packetscript fleet status | grep " ok  *revision $1 "; }
# is_at_work NAME: both scripts, the one that is attached, and the rule's
is_at_work() {
	local before
	before=$(marked)
	check "$1: the script that is attached has packets" echoed
	check_eq "$1: so has the one of a rule" $(($(marked) - before)) 2
}
