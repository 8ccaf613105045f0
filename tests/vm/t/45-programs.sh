#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Programs of BPF at tc and XDP: restored from what was written down, put back and taken away where a command was killed, and what is said where there can be none.
. /tests/lib.sh
. /tests/frames.sh

topology
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
inR tc filter del dev rA ingress pref 55
# each pair of the same command: who comes second finds the rule, and maybe no program yet; what both say is that it is there
for hook in tc-ingress xdp; do
	again=
	for ((i = 0; i < 6; i++)); do
		packetscript attach p.lua --netns R --hook $hook --dev rA -f drop 2>first & first=$!
		second=0
		packetscript attach p.lua --netns R --hook $hook --dev rA -f drop 2>second || second=$?
		if wait $first; then first=0; else first=$?; fi
		again+="$first$second$(cat first second | grep -v 'its function drop is there already' || true) $(hooks) $(tc_programs) $(xdp_program | sed 's/[0-9].*/xdp/') $(no_ping >/dev/null && echo dropped || echo passed)"$'\n'
		away
	done
	case $hook in
	tc-ingress) check_match "$hook: the same twice at once" "$again" $'^((00|02|20) 1 1 none dropped\n){6}$' ;;
	xdp) check_match "$hook: the same twice at once" "$again" $'^((00|02|20) 1 0 xdp dropped\n){6}$' ;;
	esac
done
check_eq 'nothing of them is left' "$(hooks) $(tc_programs) $(xdp_program)" '0 0 none'

# --- one of ours at XDP that a killed command has left there, of the other kind than the next ---
ways() { ip -n R link show dev rA | grep -oE ' xdp(generic)? ' | xargs; }
offload off
packetscript attach p.lua --netns A --hook xdp --dev eth0 -f pass # what veth sends back waits on the other side, unless that has a program, too
for modes in 'generic native xdp' 'native generic xdpgeneric' 'generic - xdp'; do
	read -r one other way <<<"$modes"
	at_rA xdp drop --xdp-mode "$one"
	released p.lua >/dev/null
	# shellcheck disable=SC2046 # an option, or none
	said=$(at_rA xdp answer $([ "$other" = - ] || echo --xdp-mode "$other") 2>&1) || said="failed: $said"
	check_eq "$one, and then $other: the next one takes its place" "$said $(ways)" " $way"
	check_match "$one, and then $other: which is asked" "$(inA ping -c 1 -W 60 10.0.0.77)" 'ttl=99 '
	away
done
packetscript detach p.lua --netns A >/dev/null
check_eq 'and they go' "$(hooks) $(xdp_program)" '0 none'

# --- a device that moves to another network namespace ---
ip -n R link add m0 type veth peer name m1
packetscript attach p.lua --netns R --hook xdp --dev m0 -f drop
ip -n R link set m0 netns A
check 'a device that moves loses its script' wait_for eval '[ "$(hooks)" = 0 ]'
check_match 'and keeps its program' "$(ip -n A link show dev m0)" '\<xdp\>'
check_eq 'which the next script there takes the place of' "$(packetscript attach p.lua --netns A --hook xdp --dev m0 -f drop 2>&1)" ''
packetscript detach p.lua --netns A >/dev/null
check_fails 'so it goes' bash -c 'ip -n A link show dev m0 | grep -w xdp'
ip -n A link del m0

# --- who may not look at programs ---
less() { inR setpriv --bounding-set -sys_admin --inh-caps -sys_admin packetscript "$@"; }
at_rA xdp drop
status=0
said=$(less detach p.lua 2>&1) || status=$?
check_match 'detached without CAP_SYS_ADMIN: the program stays, which is told' "$status $said" \
	'^2 packetscript: --dev rA: its program stays, and lets all pass: XDP: .* takes CAP_SYS_ADMIN'
check_eq 'as it says' "$(hooks) $(ways)" '0 xdp'
check 'and packets pass' pings
at_rA xdp drop
echo "attach $PWD/p.lua --hook xdp --dev rA --function drop" >stays.conf
status=0
said=$(less restore --detach stays.conf 2>&1) || status=$?
check_match 'so it is with restore --detach' "$status $said" '^2 .*its program stays'
ip -n R link set dev rA xdp off
at_rA tc-ingress drop
check_eq 'at tc, nothing has to be looked for' "$(less detach p.lua 2>&1) $(tc_programs)" "detached netdev tc-ingress of rA, priority 100: drop of $PWD/p.lua 0"

# --- the older queueing discipline ---
inR tc qdisc del dev rA clsact
inR tc qdisc add dev rA ingress
status=0
said=$(at_rA tc-egress drop 2>&1) || status=$?
check_match 'ingress in the place of clsact: none for what leaves' "$status $said" "^2 packetscript: --dev rA: tc: the queueing discipline 'ingress' .*tc qdisc del dev rA ingress"
check_eq 'and nothing is there' "$(hooks) $(tc_programs) $(inR tc filter show dev rA egress | wc -l)" '0 0 0'
at_rA tc-ingress drop
check 'for what comes, it is as good' no_ping
away
inR tc qdisc del dev rA ingress
inR tc qdisc add dev rA ingress_block 22 clsact
check_match "tc's errors come with the kernel's words" "$(at_rA tc-ingress drop 2>&1 || true)" 'tc, filter: .*[Bb]lock'
check_eq 'then nothing is there' "$(hooks)" 0
inR tc qdisc del dev rA clsact
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
# as the kernel's own modules are: compressed, or not
case $module in
*.xz) unpack='xz -dc' pack='xz --check=crc32 -c' ;;
*) unpack=cat pack=cat ;;
esac
$unpack "$module" >whole.ko
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
LC_ALL=C sed 's/\x00\.BTF\x00/\x00.BTX\x00/' whole.ko | $pack >"$module"
without 'a module without types' "tc and XDP need the types \\(BTF\\) of the module packetscript_bpf, and it was built without: 'make btf_install'"
LC_ALL=C sed 's/\x9f\xeb\(\x01\x00[\x18-\x28]\x00\x00\x00\)/\x9f\xec\1/' whole.ko | $pack >"$module"
without 'a module with broken types' 'the module packetscript_bpf'
dmesg -C # the kernel has complained
LC_ALL=C sed 's/\x00bpf_packetscript_tc\x00/\x00bpf_packetscript_tx\x00/g; s/\x00bpf_packetscript_xdp\x00/\x00bpf_packetscript_xdx\x00/g' whole.ko | $pack >"$module"
without 'other functions' 'bpf_packetscript_(tc|xdp)'
rm "$module"
without 'no such module' 'need the module packetscript_bpf, which is not there, or does not load'
$pack <whole.ko >"$module"
hide() { unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' - "$@"; }
without "the kernel's types are not to be seen" "the kernel's own types \\(BTF\\), .*/sys/kernel/btf/vmlinux" hide
check_eq 'with all of it, it is there' "$(at_rA tc-ingress pass 2>&1) $(tc_programs)" ' 1'
away
check 'and the modules can go' wait_for modprobe -r packetscript_bpf xt_LUA packetscript
