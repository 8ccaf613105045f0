#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Programs of BPF at tc and XDP: restored from what was written down, put back and taken away where a command was killed, and what is said where there can be none.
. /tests/lib.sh
. /tests/frames.sh

topology
no_hurry
write_script p.lua </dev/null
conf=/etc/packetscript
rm -rf "$conf" # what other tests wrote down there
# restore ARGUMENT…: sets status and said
restore() {
	status=0
	said=$(packetscript restore "$@" 2>&1) || status=$?
}
tc_programs() { inR tc filter show dev rA ingress | grep -c 'bpf.*ps_hook_' || true; }
# the number of the program at XDP
xdp_program() { ip -n R -d link show dev rA | grep -oE 'prog/xdp id [0-9]+' | grep -oE '[0-9]+$' || echo none; }
hooks() { packetscript list --netns R | grep -c '^    hook' || true; }
strays() { cat /sys/module/packetscript/parameters/strays; }
# released SCRIPT: what a command does that is killed before it takes programs away
released() { echo "4 - $(nested 7 "$(attr 1 "$(printf '%s\0' "$PWD/$1" | od -An -tx1 -v | tr -d ' \n')")")" | inR genlask packetscript; }

said=$(at_rA tc-ingress ttl -p 50 --persist 2>&1) || need_types "$said" "$(inR tc filter show dev rA ingress)"

# --- what is written down ---
at_rA xdp drop --xdp-mode generic --on-error accept --persist
check_eq 'tc and XDP are written down' "$(sort "$conf/p.conf")" \
	"attach $PWD/p.lua --hook tc-ingress --dev rA --priority 50 --function ttl --netns R
attach $PWD/p.lua --hook xdp --dev rA --function drop --netns R --on-error accept --xdp-mode generic"
away
check 'detached, packets pass' pings
check 'the modules go' wait_for modprobe -r packetscript_bpf xt_LUA packetscript
restore
check_eq 'restored' "$status $said $(hooks) $(tc_programs)" '0  2 1'
check 'and packets are dropped' no_ping
check_match 'at XDP as it was' "$(ip -n R link show dev rA)" 'xdpgeneric'
no_hurry
was=$(xdp_program)
restore
check_eq 'restored again, all is as it was' "$status $said $(hooks) $(tc_programs) $(xdp_program)" "0  2 1 $was"
restore --reload
check_eq 'so it is after restore --reload' "$status $said $(hooks) $(tc_programs) $(xdp_program)" "0  2 1 $was"

# --- commands that were killed ---
ip -n R link set dev rA xdpgeneric off
inR tc filter del dev rA ingress
check 'rules whose programs are not there get no packets' pings
restore
check_eq 'restore puts the programs there' "$status $said $(hooks) $(tc_programs)" '0  2 1'
check 'and packets are dropped again' no_ping
ip -n R link set dev rA xdpgeneric off
check_eq 'attach does so, too' "$(at_rA xdp drop --xdp-mode generic 2>&1)" ''
check 'and they are dropped' no_ping
check_match 'where all is there, it is refused' "$(at_rA xdp drop 2>&1 || true)" 'p.lua: its function drop is there already'
restore --detach
check_eq 'restore --detach takes rules and programs away' "$status $said $(hooks) $(tc_programs) $(xdp_program)" '0  0 0 none'
restore
check_eq 'what a command leaves behind' "$(released p.lua) $(hooks) $(tc_programs)" '0 0 1'
before=$(strays)
check 'lets packets pass' pings
check 'which is counted' [ "$(strays)" -ge $((before + 2)) ]
inR tc filter add dev rA ingress pref 55 protocol all u32 match u32 0 0 action ok
at_rA tc-ingress ttl -p 60
check_eq 'the next script takes its place at tc' "$(tc_programs)" 1
check_match 'what is not ours stays' "$(inR tc filter show dev rA ingress)" 'pref 55 u32'
at_rA xdp answer --xdp-mode generic
check_match 'and at XDP' "$(inA ping -c 1 -W 60 10.0.0.77)" 'ttl=99 '
check_eq 'with no other one' "$(xdp_program | wc -l) $(hooks)" '1 2'
packetscript attach p.lua --netns R --hook tc-ingress --dev rA -f pass -p 70 &
packetscript attach p.lua --netns R --hook tc-ingress --dev rA -f ttl -p 80 &
packetscript attach p.lua --netns R --hook tc-ingress --dev rA -f there -p 90
wait
check_eq 'three at once leave each other' "$(tc_programs)" 4
away
check_eq 'all programs go' "$(tc_programs) $(xdp_program)" '0 none'
echo "attach $PWD/p.lua --hook xdp --dev later0 --function drop --netns R" >"$conf/p.conf"
packetscript restore --wait 600 >later 2>&1 & waiting=$!
ip -n R link add later0 type veth peer name later1
wait $waiting || true
check_eq 'a device that comes later' "$(cat later) $(packetscript list --netns R | grep -c 'XDP of later0')" ' 1'
packetscript detach p.lua --netns R --persist >/dev/null
check_eq 'detach --persist: nothing is left of it' "$(ls -A $conf)" ''

if modprobe -q nlmon; then
	ip -n R link add nm0 type nlmon
	for hook in tc-ingress tc-egress xdp; do
		check_match "$hook: a device whose packets are what scripts cause" "$(packetscript attach p.lua --netns R --hook $hook --dev nm0 -f drop 2>&1 || true)" \
			'^packetscript: --dev nm0: its packets are the kernel.s messages of netlink'
	done
	check_eq 'and nothing is there' "$(hooks)" 0
	ip -n R link del nm0
fi

# --- where there can be no program ---
module=$(modinfo -n packetscript_bpf)
cp "$module" whole.ko
# without TEXT REGEX COMMAND…: attach says why, and leaves nothing
without() {
	local said status=0
	check "$1: the modules go" wait_for modprobe -r packetscript_bpf xt_LUA packetscript
	for hook in tc-ingress xdp; do
		status=0
		said=$("${@:3}" packetscript attach p.lua --netns R --hook $hook --dev rA -f drop 2>&1) || status=$?
		check_match "$1: $hook says why" "$status $said" "^2 packetscript: .*$2"
	done
	check_eq "$1: nothing is there" "$(hooks) $(tc_programs) $(xdp_program)" '0 0 none'
}
LC_ALL=C sed 's/\x00\.BTF\x00/\x00.BTX\x00/' whole.ko >"$module"
without 'a module without types' "tc and XDP need the types \\(BTF\\) of the module packetscript_bpf, and it was built without: 'make btf_install'"
LC_ALL=C sed 's/\x9f\xeb\x01\x00\x18\x00\x00\x00/\x9f\xec\x01\x00\x18\x00\x00\x00/' whole.ko >"$module"
without 'a module with broken types' 'the module packetscript_bpf'
dmesg -C # the kernel has complained
LC_ALL=C sed 's/\x00bpf_packetscript_tc\x00/\x00bpf_packetscript_tx\x00/g; s/\x00bpf_packetscript_xdp\x00/\x00bpf_packetscript_xdx\x00/g' whole.ko >"$module"
without 'other functions' 'bpf_packetscript_(tc|xdp)'
rm "$module"
without 'no such module' 'need the module packetscript_bpf, which is not there, or does not load'
cp whole.ko "$module"
hide() { unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' - "$@"; }
without "the kernel's types are not to be seen" "the kernel's own types \\(BTF\\), .*/sys/kernel/btf/vmlinux" hide
check_eq 'with all of it, it is there' "$(at_rA tc-ingress pass 2>&1) $(tc_programs)" ' 1'
away
check 'and the modules can go' wait_for modprobe -r packetscript_bpf xt_LUA packetscript
