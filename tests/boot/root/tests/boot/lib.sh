# shellcheck shell=bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# . /tests/boot/lib.sh: for the units and tests of a machine that systemd has booted
export HOME=/root LC_ALL=C
. /tests/lib.sh

# packets HOOK: how many the hooks have had, as 'ip PREROUTING'; nothing: nothing is attached there
packets() { packetscript list 2>&1 | sed -n "/^    hook $1/{n; s/^ *\([0-9]*\) packets.*/\1/p}"; }
# hooks: which there are, a line each
hooks() { packetscript list 2>&1 | sed -n 's/^    hook \([^,]*\),.*/\1/p'; }

# udp: how many datagrams have come for somebody, and for nobody
udp() { awk '/^Udp: [0-9]/ { print $2, $3 }' /proc/net/snmp; }

# when UNIT PROPERTY: microseconds since the machine began
when() { systemctl show -P "$2Monotonic" "$1"; }
# in_order TEXT [UNIT PROPERTY]…: each of these was, and not after the next
in_order() {
	local text=$1 last=1 told= is=1 t
	shift
	while [ $# -gt 0 ]; do
		t=$(when "$1" "$2")
		told+="$1 $2 $t"$'\n'
		[ "${t:-0}" -ge "$last" ] || is=
		last=$t
		shift 2
	done
	if [ -n "$is" ]; then pass "$text"; else fail "$text" "$told"; fi
}

# state UNIT: active, failed or what else it is
state() { systemctl is-active "$1" || true; }
# journal: what the command has said, as packetscript.service
journal() {
	journalctl --sync
	journalctl -q -u packetscript.service -t packetscript -o cat
}
