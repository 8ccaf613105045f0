#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Tests the command's run, protocols, help, manual and completion:  tests/cli/run.sh [PROGRAM]
set -uo pipefail
top=$(realpath "$(dirname "$0")/../..")
program=$(realpath "${1:-$top/build/user/packetscript}")
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022

# The terminal that make runs in must not make a difference.
exec </dev/null

# go ARGUMENT…: sets out, err and status
go() {
	"$program" "$@" >out 2>err
	status=$?
	out=$(tr -d '\0' <out) err=$(tr -d '\0' <err)
}

# Temporary files that are left.
left() { find . -maxdepth 2 -name '*.??????' ! -name '*.pcapng' ! -name '*.golden'; }

# refuses STATUS TEXT PART ARGUMENT…: one line, which has this part, and nothing else is left
refuses() {
	local wanted=$1 text=$2 part=$3
	shift 3
	go "$@"
	if [ $status != "$wanted" ]; then
		not_ok "$text" "status $status instead of $wanted"$'\n'"$err"
	elif [ "$(wc -l <err)" != 1 ] || [[ $err != "packetscript: "*"$part"* ]]; then
		not_ok "$text" "expected one line with: $part"$'\n'"seen: $err"
	elif [ -n "$(left)" ]; then
		not_ok "$text" "left: $(left)"
	else
		ok "$text"
	fi
}
trouble() { refuses 2 "$@"; }
fault() { refuses 1 "$@"; }

# accepts TEXT PART ARGUMENT…: this is in the output, and nothing is on standard error
accepts() {
	local text=$1 part=$2
	shift 2
	go "$@"
	if [ $status != 0 ] || [ -n "$err" ]; then
		not_ok "$text" "status $status: $err"
	else
		contains "$text" "$part" "$out"
	fi
}

same_file() { cmp "$1" "$2"; }

cat >pass.lua <<'END'
function process_packet(p) return XT_CONTINUE end
function accept(p) return NF_ACCEPT end
function drop(p) return NF_DROP end
function stolen(p) return NF_STOLEN end
function queue(p) return NF_QUEUE | 5 << 16 end
function returns(p) return XT_RETURN end
function again(p) return NF_REPEAT end
function fails(p) error("on purpose") end
function nothing(p) end
function state(p) error(STATE_ID) end
function slow(p) for i = 1, 100000 do end return NF_ACCEPT end
function nasty(p) error("\27[31m \x9b31m \u{9b}31m \xff \"quoted\" \\ \n\r\t\127\8 é →") end
END
cp "$top/examples/dnat.lua" .
bytes "$(pcap 1)" "$(for packet in "$udp" "$udp_options" "$tcp" "$icmp"; do record "$ether$packet"; done)" \
	"$(record "${ether%0800}86dd$udp6")" >in.pcap
bytes "$(record "$ether$udp")" >record
{ bytes "$(pcap 1)"; for ((i = 0; i < 2000; i++)); do cat record; done; } >slow.pcap

#
# Captures that are not as they should be.
#
: >empty.pcap
echo 'this is a text file, and no capture at all' >text.pcap
bytes "$(pcap 1 262144 deadbeef)" >magic.pcap
mkdir folder.pcap
head -c 10 in.pcap >header.pcap
head -c $((24 + 64 + 7)) in.pcap >cut-header.pcap
head -c $((24 + 64 + 16 + 20)) in.pcap >cut-packet.pcap
bytes "$(pcap 1)" "$(record "$ether$udp")" "$(le32 1) $(le32 1) ffffffff ffffffff 00" >absurd.pcap
bytes "$(pcap 105)" "$(record 00)" >wifi.pcap
bytes "$(pcap 59999)" >unknown.pcap

for case in 'empty:truncated' 'text:unknown file format' 'magic:unknown file format' \
	'folder:Is a directory' 'header:truncated' 'none:No such file' \
	'wifi:link type IEEE802_11 (105) is not supported; there are Ethernet' \
	'unknown:(59999) is not supported'; do
	name=${case%%:*}.pcap part=${case#*:}
	trouble "$name is refused" "$name: " run pass.lua "$name"
	contains "$name: and that says why" "$part" "$err"
	trouble "$name is refused with -w" "$name: " run pass.lua "$name" -w out.pcap
	holds "$name: there is no output" test ! -e out.pcap
	[ -e "$name" ] || continue
	go run pass.lua - <"$name"
	contains "$name: standard input is what it is called then" 'packetscript: standard input: ' "$err"
done

for name in cut-header.pcap cut-packet.pcap absurd.pcap; do
	trouble "$name: is said" "$name: after 1 packets: " run pass.lua "$name"
	contains "$name: what was read is counted" '1 packets: 1 XT_CONTINUE' "$out"
	go run pass.lua "$name" -w part.pcap -q
	is "$name: exit code with -w" 2 $status
	is "$name: -w says that it has a part" 'packetscript: part.pcap has the 1 packets until then that were not dropped' \
		"$(tail -n 1 err)"
	holds "$name: the part is right" same_file part.pcap <(head -c $((24 + 64)) in.pcap)
	cp "$name" place.pcap
	go run dnat.lua place.pcap -w place.pcap -q
	is "$name: in place, that is said" 'packetscript: place.pcap: not written' "$(tail -n 1 err)"
	holds "$name: in place, nothing is lost" same_file "$name" place.pcap
	rm -f part.pcap place.pcap
done

bytes "$(pcap 1)" "$(record "$ether$udp" 1500)" "$(record "$ether${udp::48}" 1500)" "$(record "$ether$udp")" >snapped.pcap
accepts 'packets that were captured in part are counted' '2 captured in part only' run pass.lua snapped.pcap -w out.pcap
holds 'and written as they were' same_file snapped.pcap out.pcap
bytes "$(pcap 1)" "$(record '')" "$(for ((i = 2; i <= 68; i += 2)); do packet=$ether$udp
	record "${packet::i}" 48; done)" >short.pcap
accepts 'packets of any length are shown' '35  10.0.0.1 > 10.0.0.2 ip 34' run pass.lua short.pcap -v -w out.pcap
holds 'and written as they were' same_file short.pcap out.pcap
go run dnat.lua short.pcap --on-error accept -w out.pcap
contains 'headers that are not all there are errors and nil' \
	'35 packets: 21 NF_DROP, 1 XT_CONTINUE, 13 error' "$out"
contains 'on-error decides about them' '14 written' "$out"

# the largest that libpcap reads, and one byte more
{ bytes "$(pcap 1) $(le32 1) $(le32 1) $(le32 262144) $(le32 262144) $ether ${udp/45000022/4500ffff}"; head -c $((262144 - 48)) /dev/zero; } >large.pcap
accepts 'a packet of 262144 bytes' '1 written' run dnat.lua large.pcap -w out.pcap
is 'keeps its length' 262184 "$(wc -c <out.pcap)"
{ bytes "$(pcap 1) $(le32 1) $(le32 1) $(le32 262145) $(le32 262145)"; head -c 262145 /dev/zero; } >larger.pcap
trouble 'a packet of 262145 bytes' 'larger.pcap: after 0 packets: ' run pass.lua larger.pcap
bytes "$(pcap 1 20)" "$(record "$ether$udp")" >liar.pcap
go run pass.lua liar.pcap -w out.pcap
is 'a packet that is longer than the file says is cut' '0 60' "$status $(wc -c <out.pcap)"

#
# Kinds of captures.
#
# link TEXT TYPE HEADER PACKET LINE: a packet after a header that scripts do not see
link() {
	local text=$1 size
	size=$(($(hex "$3" | wc -c) / 2 + 40))
	bytes "$(pcap "$2")" "$(record "$3$4")" >link.pcap
	accepts "$text is dissected" "1  $5  XT_CONTINUE" run pass.lua link.pcap -v -w out.pcap
	holds "$text is written as it was" same_file link.pcap out.pcap
	[[ $4 == 4* ]] || return 0
	accepts "$text: the address is translated" 'ip.daddr 10.0.0.2 → 2.1.1.1  udp.check 0xa3bf → 0xaabf' \
		run dnat.lua link.pcap -v -w out.pcap
	holds "$text: its header is as it was" same_file <(head -c $size link.pcap) <(head -c $size out.pcap)
}
line='10.0.0.1:1000 > 10.0.0.2:53 udp'
link Ethernet 1 "$ether" "$udp" "$line 48"
link 'raw IP' 101 '' "$udp" "$line 34"
link 'raw IPv4' 228 '' "$udp" "$line 34"
link 'raw IPv6' 229 '' "$udp6" 'unknown 54'
link 'IPv6 in Ethernet' 1 "${ether%0800}86dd" "$udp6" 'eth 68'
link 'Linux cooked' 113 '0000 0001 0006 020000000001 0000 0800' "$udp" "$line 34"
link 'Linux cooked v2' 276 '0800 0000 00000002 0001 00 06 0200000000010000' "$udp" "$line 34"
link 'BSD loopback, little endian' 0 02000000 "$udp" "$line 34"
link 'BSD loopback, big endian' 0 00000002 "$udp" "$line 34"
link 'BSD loopback of FreeBSD, IPv6' 0 1c000000 "$udp6" 'unknown 54'
link 'OpenBSD loopback' 108 00000002 "$udp" "$line 34"
bytes "$(pcap 101)" "$(record '')" "$(record 00)" "$(record 45)" "$(record 60)" >raw.pcap
accepts 'raw packets of no and of one byte' '4 packets: 4 XT_CONTINUE' run pass.lua raw.pcap
for type in 0 108 113 276; do
	header='0800000000000800000008000000080000000800'
	bytes "$(pcap $type)" "$(for ((i = 0; i <= 40; i += 2)); do record "${header::i}"; done)" >raw.pcap
	accepts "headers of link type $type that are cut" '21 packets: 21 XT_CONTINUE' run pass.lua raw.pcap -w out.pcap
	holds "headers of link type $type that are cut stay so" same_file raw.pcap out.pcap
done

bytes "$(pcap 1 262144 a1b23c4d)" "$(record "$ether$udp" 48 123456789)" >nano.pcap
bytes "$(pcap 1)" "$(record "$ether$udp" 48 123456)" >micro.pcap
order=be
bytes "$(pcap 1 262144 a1b23c4d)" "$(record "$ether$udp" 48 123456789)" >nano-be.pcap
bytes "$(pcap 1)" "$(record "$ether$udp" 48 123456)" >micro-be.pcap
order=le
for kind in nano micro; do
	for name in $kind $kind-be; do
		go run pass.lua $name.pcap -w out.pcap
		holds "$name.pcap keeps its times" same_file $kind.pcap out.pcap
		"$program" run pass.lua - -w - <$name.pcap >out.pcap 2>err
		holds "$name.pcap from a pipe, too" same_file $kind.pcap out.pcap
	done
done
{ bytes "$(section) $(interface 1) $(enhanced "$ether$udp")"; } >in.pcapng
accepts 'pcapng in microseconds' "1  $line 48" run pass.lua in.pcapng -v -w out.pcap
holds 'becomes pcap' same_file out.pcap <(bytes "$(pcap 1 262144 a1b23c4d)" "$(record "$ether$udp" 48 123456000)")
bytes "$(section) $(interface 1 '0900 0100 09000000 0000 0000') $(enhanced "$ether$udp" 0 1700000000123456789)" >in.pcapng
go run pass.lua in.pcapng -w out.pcap
holds 'pcapng in nanoseconds keeps them' same_file nano.pcap out.pcap
bytes "$(section) $(interface 1) $(interface 101) $(enhanced "$ether$udp") $(enhanced "$udp" 1)" >two.pcapng
trouble 'pcapng with two link types' 'two.pcapng: ' run pass.lua two.pcapng
bytes "$(section) $(interface 1) $(enhanced "$ether$udp") 06000000 08000000" >bad.pcapng
trouble 'pcapng with a block that is too short' 'bad.pcapng: after 1 packets: ' run pass.lua bad.pcapng
head -c $(($(wc -c <in.pcapng) - 6)) in.pcapng >cut.pcapng
trouble 'pcapng that is cut' 'cut.pcapng: after 0 packets: ' run pass.lua cut.pcapng

#
# Where packets are written.
#
accepts 'packets that pass are written' '5 written' run pass.lua in.pcap -w out.pcap
holds 'without a change, the capture is the same' same_file in.pcap out.pcap
is 'it has the rights of a new file' 644 "$(stat -c %a out.pcap)"
trouble 'no such folder' 'none/out.pcap: cannot be written: No such file' run pass.lua in.pcap -w none/out.pcap
trouble 'a folder' 'folder.pcap: cannot be written: Is a directory' run pass.lua in.pcap -w folder.pcap
trouble 'no name' 'cannot be written: No such file' run pass.lua in.pcap -w ''
trouble 'a full device' '/dev/full: after 5 packets: No space left' run pass.lua in.pcap -w /dev/full
trouble 'a full device, verdicts' '/dev/full: No space left' run pass.lua in.pcap --verdicts /dev/full
trouble 'a full device, many verdicts' '/dev/full: No space left' run pass.lua slow.pcap --verdicts /dev/full
trouble 'verdicts in no such folder' 'none/verdicts: cannot be written: No such file' run pass.lua in.pcap --verdicts none/verdicts
for options in '' -v --json '-v --json'; do
	# shellcheck disable=SC2086 # options are words
	is "standard output is full: run $options" $'packetscript: standard output: No space left on device\n2' \
		"$("$program" run pass.lua slow.pcap $options 2>&1 >/dev/full; echo $?)"
done
is 'a file that may not grow' $'packetscript: out2.pcap: not written: after 1087 packets: File too large\n2' \
	"$(ulimit -f 64; "$program" run pass.lua slow.pcap -q -w out2.pcap 2>&1; echo $?)"
holds 'is not made' test ! -e out2.pcap
is 'nothing temporary is left of all that' '' "$(left)"

# in a mount namespace of our own: what root may not write to either
cat >mounts <<'END'
mount -t tmpfs -o size=64k none mounted || exit 77
"$1" run pass.lua slow.pcap -q -w mounted/out.pcap; echo $?
ls -A mounted
cp in.pcap mounted/old.pcap
"$1" run pass.lua slow.pcap -q -w mounted/old.pcap; echo $?
cmp in.pcap mounted/old.pcap
ls -A mounted
mount -o remount,ro mounted
"$1" run pass.lua in.pcap -q -w mounted/out.pcap; echo $?
"$1" run pass.lua in.pcap -q --verdicts mounted/out; echo $?
END
mkdir mounted
seen=$(unshare -m sh mounts "$program" 2>&1)
if [ $? = 77 ] || [ -z "${seen##*unshare*}" ]; then
	skip 'full and read-only file systems' 'no mount namespace'
else
	is 'full and read-only file systems' "$(cat <<-END
	packetscript: mounted/out.pcap: not written: after N packets: No space left on device
	2
	packetscript: mounted/old.pcap: not written: after N packets: No space left on device
	2
	old.pcap
	packetscript: mounted/out.pcap: cannot be written: Read-only file system
	2
	packetscript: mounted/out: cannot be written: Read-only file system
	2
	END
	)" "$(sed 's/after [0-9]* packets/after N packets/' <<<"$seen")"
fi

cp in.pcap place.pcap
chmod 640 place.pcap
ln -s place.pcap link
go run pass.lua place.pcap -n 2 -w link
is 'in place, by a symbolic link' '0 symbolic link 640 156' "$status $(stat -c '%F' link) $(stat -c '%a %s' place.pcap)"
mkfifo fifo
cat fifo >from-fifo &
accepts 'a FIFO is written to' '5 written' run pass.lua in.pcap -w fifo
wait $!
holds 'and gets all' same_file in.pcap from-fifo
"$program" run pass.lua in.pcap -w - >out.pcap 2>err
holds 'standard output gets packets only' same_file in.pcap out.pcap
contains 'the report goes to standard error then' '5 written' "$(<err)"
"$program" run pass.lua in.pcap -w /dev/stdout >out.pcap 2>err
holds '/dev/stdout is standard output' same_file in.pcap out.pcap
is '/dev/stdout in a pipe' "$(cksum <in.pcap)" "$("$program" run pass.lua in.pcap -w /dev/stdout 2>err | cksum)"
holds '/dev/stdout is still a link' test -L /dev/stdout
"$program" run pass.lua in.pcap -w out2.pcap >&- 2>err
is 'standard output that is closed' '2 packetscript: standard output: Bad file descriptor' "$? $(<err)"
holds 'is not mixed up with the capture' same_file in.pcap out2.pcap

#
# Pipes.
#
if have tcpdump; then
	seen=$(tcpdump -w - -r in.pcap 2>err | "$program" run dnat.lua - -w - -n 4 2>err | tcpdump -nvvr - 2>err)
	is 'between two tcpdumps' 4 "$(grep -c '> 2\.1\.1\.1' <<<"$seen")"
	is 'all checksums are right' '2 1 0' "$(grep -c 'sum ok' <<<"$seen") $(grep -c '(correct)' <<<"$seen") $(grep -Eci 'bad|incorrect' <<<"$seen")"
else
	skip 'between two tcpdumps' 'not installed'
fi
rm -f fifo2; mkfifo fifo2
for options in '-w -' -v '-v --json' '-q --verdicts /dev/stdout'; do
	# shellcheck disable=SC2086 # options are words
	"$program" run pass.lua - $options <fifo >fifo2 2>err &
	exec 3>fifo 4<fifo2
	head -c 88 in.pcap >&3
	case $options in
	'-w -') seen=$(timeout 10 head -c 88 <&4 | cksum) wanted=$(head -c 88 in.pcap | cksum) ;;
	-v) seen=$(timeout 10 head -n 1 <&4) wanted="1  $line 48  XT_CONTINUE" ;;
	*json) seen=$(timeout 10 head -n 1 <&4 | cut -c 1-12) wanted='{"packet":1,' ;;
	*verdicts*) seen=$(timeout 10 head -n 1 <&4) wanted=XT_CONTINUE ;;
	esac
	exec 3>&-
	cat <&4 >out
	exec 4<&-
	wait $!
	is "packets come out before the end: run $options" "$wanted" "$seen"
done
for options in -v '-v --json' '-w -' '-v -w out2.pcap'; do
	rm -f out2.pcap
	# shellcheck disable=SC2086 # options are words
	seen=$( { "$program" run pass.lua slow.pcap $options | head -c 1 | wc -c; echo "${PIPESTATUS[0]}"; } 2>&1 | paste -s -d ' ')
	is "nobody reads the rest: run $options | head -c 1" '1 141' "$seen"
	is "nobody reads the rest: no file: run $options" ' ' "$(ls out2.pcap 2>/dev/null) $(left)"
done
for command in protocols manual completion help 'run --help'; do
	# shellcheck disable=SC2086 # words
	seen=$( { "$program" $command | true; } 2>&1)
	is "nobody reads: $command | true" '' "$seen"
done

#
# Signals. A script that takes its time has some packets behind it when they come.
#
for signal in TERM INT HUP; do
	cp slow.pcap place.pcap
	for target in out2.pcap place.pcap; do
		timeout --preserve-status -s $signal 0.7 "$program" run pass.lua place.pcap -f slow -q -w $target >out 2>err
		is "SIG$signal, -w $target: exit code" 2 $?
		contains "SIG$signal, -w $target: it is said when" 'packetscript: place.pcap: stopped after ' "$(head -n 1 err)"
		is "SIG$signal, -w $target: and what became of it" "packetscript: $target: not written" "$(tail -n +2 err)"
	done
	holds "SIG$signal: in place, nothing is lost" same_file slow.pcap place.pcap
	is "SIG$signal: nothing is left" ' ' "$(ls out2.pcap 2>/dev/null) $(left)"
	exec 3<>fifo	# which has a writer to the end
	cat in.pcap >&3
	timeout --preserve-status -s $signal 0.7 "$program" run pass.lua - -w out2.pcap <fifo >out 2>err
	is "SIG$signal, live: exit code" 0 $?
	exec 3>&-
	holds "SIG$signal, live: what came is there" same_file in.pcap out2.pcap
	contains "SIG$signal, live: that is said" 'packetscript: out2.pcap has the 5 packets until then' "$(<err)"
	contains "SIG$signal, live: there is a summary" '5 packets: 5 XT_CONTINUE' "$(<out)"
	rm -f out2.pcap
done
tally
