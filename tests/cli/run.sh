#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Tests the command's run, protocols, help, manual and completion:  tests/cli/run.sh [PROGRAM]
set -uo pipefail
top=$(realpath "$(dirname "$0")/../..")
program=$(realpath "${1:-$top/build/user/packetscript}")
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"

# What root writes to must not be the machine's devices, should the program replace what it is given:
# nothing can be made or renamed in /dev then, while devices go on being used.
own_dev='mount --rbind /dev /dev && mount -o remount,bind,ro /dev'
if [ -w /dev ] && unshare -m sh -c "$own_dev" 2>/dev/null; then
	exec unshare -m sh -c "$own_dev && exec \"\$@\"" sh "$0" "$program"
fi

work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022

# The terminal that make runs in must not make a difference.
exec </dev/null

# go ARGUMENT…: sets out, err and status
go() {
	timeout 300 "$program" "$@" >out 2>err
	status=$?
	out=$(tr -d '\0' <out) err=$(tr -d '\0' <err)
}

# Temporary files that are left.
left() { find . -maxdepth 2 -name '*.??????' ! -name '*.pcapng'; }

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
function state(p) error("is " .. STATE_ID) end
function slow(p) for i = 1, 300000 do end return NF_ACCEPT end
function tells(p) print("a packet") return XT_CONTINUE end
function tells_slowly(p) tells(p) return slow(p) end
function nasty(p) error("\27[31m \x9b31m \u{9b}31m \xff \"quoted\" \\ \n\r\t\127\8 é → \xed\xa0\x80 \xf4\x90\x80\x80") end
END
cp "$top/examples/dnat.lua" .
bytes "$(pcap 1)" "$(for packet in "$udp" "$udp_options" "$tcp" "$icmp"; do record "$ether$packet"; done)" \
	"$(record "${ether%0800}86dd$udp6")" >in.pcap
bytes "$(record "$ether$udp")" >one
cp one many
for ((i = 0; i < 13; i++)); do cat many many >twice && mv twice many; done
{ bytes "$(pcap 1)"; cat many; } >slow.pcap

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
contains 'headers that are not all there are nil' '35 packets: 34 NF_DROP, 1 XT_CONTINUE' "$out"
echo 'function process_packet(p) p:data(packet_eth):data(packet_ip).ttl = 9; return XT_CONTINUE end' >careless.lua
go run careless.lua short.pcap --on-error accept -w out.pcap
contains 'who does not look for that fails' '35 packets: 1 XT_CONTINUE, 34 error' "$out"
contains 'on-error decides about them' '35 written' "$out"

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
	for name in "$kind" "$kind-be"; do
		go run pass.lua "$name.pcap" -w out.pcap
		holds "$name.pcap keeps its times" same_file $kind.pcap out.pcap
		"$program" run pass.lua - -w - <"$name.pcap" >out.pcap 2>err
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
if [ -w /dev ]; then
	skip 'a full device' '/dev cannot be protected'
else
	trouble 'a full device' '/dev/full: after 5 packets: No space left' run pass.lua in.pcap -w /dev/full
fi
trouble 'a full device, verdicts' '/dev/full: No space left' run pass.lua in.pcap --verdicts /dev/full
trouble 'a full device, many verdicts' '/dev/full: No space left' run pass.lua slow.pcap --verdicts /dev/full
ln -f in.pcap other-name.pcap
trouble 'verdicts over the capture' '--verdicts in.pcap: that is the script or a capture' run pass.lua in.pcap --verdicts in.pcap
trouble 'verdicts over the capture by another name' '--verdicts other-name.pcap: that is' run pass.lua in.pcap --verdicts other-name.pcap
trouble 'verdicts over the script' '--verdicts pass.lua: that is' run pass.lua in.pcap --verdicts pass.lua
trouble 'verdicts over what is written' '--verdicts out.new: that is' run pass.lua in.pcap -w out.new --verdicts out.new
trouble 'packets over the script' '-w pass.lua: that is the script' run pass.lua in.pcap -w pass.lua
rm -f other-name.pcap
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

# as somebody who may not do everything
as_other=()
[ "$(id -u)" != 0 ] || as_other=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod 755 .
mkdir -m 777 theirs
mkdir -m 555 closed
for name in theirs/old.pcap secret.pcap secret.lua; do cp in.pcap $name; done
chmod 444 theirs/old.pcap
chmod 0 secret.pcap secret.lua
if "${as_other[@]}" "$program" --version >out 2>&1; then
	as() { "${as_other[@]}" "$program" run "$@" 2>&1; echo $?; }
	is 'a file that may not be written is not replaced' $'packetscript: theirs/old.pcap: cannot be written: Permission denied\n2' \
		"$(as pass.lua in.pcap -w theirs/old.pcap)"
	is 'a folder that may not be written to' $'packetscript: closed/out.pcap: cannot be written: Permission denied\n2' \
		"$(as pass.lua in.pcap -w closed/out.pcap)"
	is 'a capture that may not be read' $'packetscript: secret.pcap: Permission denied\n2' "$(as pass.lua secret.pcap)"
	is 'a script that may not be read' $'packetscript: secret.lua: Permission denied\n2' "$(as secret.lua in.pcap)"
	is 'without root, all else works' 0 "$(as pass.lua in.pcap -q -w theirs/out.pcap)"
else
	skip 'without root' 'somebody else cannot run the program'
fi
chmod 644 secret.pcap secret.lua

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
ln -s /proc/self/fd/1 stdout	# as /dev/stdout is
"$program" run pass.lua in.pcap -w stdout >out.pcap 2>err
holds 'a name of standard output is it' same_file in.pcap out.pcap
contains 'the report goes to standard error then, too' '5 written' "$(<err)"
is 'a name of standard output, in a pipe' "$(cksum <in.pcap)" "$("$program" run pass.lua in.pcap -w stdout 2>err | cksum)"
is 'it is still a link' /proc/self/fd/1 "$(readlink stdout)"
"$program" run pass.lua in.pcap -w out2.pcap <&- >&- 2>err
is 'standard output that is closed' '2 packetscript: standard output: Bad file descriptor' "$? $(<err)"
holds 'a capture is made all the same' same_file in.pcap out2.pcap
rm out2.pcap
"$program" run pass.lua slow.pcap -v -w out2.pcap <&- >&- 2>err
is 'a report that goes nowhere does not go into the capture' \
	$'2 packetscript: standard output: Bad file descriptor\npacketscript: out2.pcap: not written' "$? $(<err)"

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
	'-w -') seen=$(timeout 60 head -c 88 <&4 | cksum) wanted=$(head -c 88 in.pcap | cksum) ;;
	-v) seen=$(timeout 60 head -n 1 <&4) wanted="1  $line 48  XT_CONTINUE" ;;
	*json) seen=$(timeout 60 head -n 1 <&4 | cut -c 1-12) wanted='{"packet":1,' ;;
	*verdicts*) seen=$(timeout 60 head -n 1 <&4) wanted=XT_CONTINUE ;;
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
# Signals. They come when there are some packets behind the script, and many to come.
#
# signalled SIGNAL PACKETS ARGUMENT…: sent when so many packets were handled. Sets status; in err is what is said
# but for the packets. Whoever runs the tests may ignore signals, as nohup does.
signalled() {
	local signal=$1 wanted=$2 program_is
	shift 2
	: >told	# what the last one said must not count
	env --default-signal "$program" run pass.lua "$@" <&0 >out 2>told & program_is=$!
	wait_for has_told "$wanted" || not_ok "SIG$signal: $wanted packets are handled" "$(tail -n 3 told)"
	kill -s "$signal" $program_is
	wait_for ended $program_is || kill -s KILL $program_is
	wait $program_is
	status=$?
	grep -v '^state 0: pass.lua:[0-9]*: a packet$' told >err
}
ended() { ! kill -0 "$1"; }
has_told() { [ "$(grep -c ': a packet$' told)" -ge "$1" ]; }

for signal in TERM INT HUP; do
	cp slow.pcap place.pcap
	for target in out2.pcap place.pcap; do
		signalled $signal 3 place.pcap -f tells_slowly -q -w $target
		is "SIG$signal, -w $target: exit code" 2 $status
		contains "SIG$signal, -w $target: it is said when" 'packetscript: place.pcap: stopped after ' "$(head -n 1 err)"
		is "SIG$signal, -w $target: and what became of it" "packetscript: $target: not written" "$(tail -n +2 err)"
	done
	holds "SIG$signal: in place, nothing is lost" same_file slow.pcap place.pcap
	is "SIG$signal: nothing is left" ' ' "$(ls out2.pcap 2>/dev/null) $(left)"
	exec 3<>fifo	# which has a writer to the end
	cat in.pcap >&3
	signalled $signal 5 - -f tells -w out2.pcap <fifo
	is "SIG$signal, live: exit code" 0 $status
	exec 3>&-
	holds "SIG$signal, live: what came is there" same_file in.pcap out2.pcap
	contains "SIG$signal, live: that is said" 'packetscript: out2.pcap has the 5 packets until then' "$(<err)"
	contains "SIG$signal, live: there is a summary" '5 packets: 5 XT_CONTINUE' "$(<out)"
	rm -f out2.pcap
done

#
# What -v shows: each change, and no other.
#
cat >views.lua <<'END'
views = {}
function views.eth(p) return p:data(packet_eth) end
function views.ip(p) return views.eth(p):data(packet_ip) end
function views.udp(p) return views.ip(p):data(packet_udp) end
function views.tcp(p) return views.ip(p):data(packet_tcp) end
function views.icmp(p) return views.ip(p):data(packet_icmp) end
END
bytes "$(pcap 1)" "$(record "$ether$udp_options")" >udp.pcap
bytes "$(pcap 1)" "$(record "$ether$tcp")" >tcp.pcap
bytes "$(pcap 1)" "$(record "$ether$icmp")" >icmp.pcap
# changes CAPTURE STATEMENTS: what becomes of packet 1
changes() {
	{ cat views.lua; echo "function process_packet(p) $2 return NF_ACCEPT end"; } >changes.lua
	go run changes.lua "$1" -v -n 1 -q
	sed 's/.*NF_ACCEPT//; s/^  //' <<<"$out$err"
}
for proto in eth ip udp tcp icmp; do
	case $proto in eth | ip) capture=udp.pcap ;; *) capture=$proto.pcap ;; esac
	while read -r _ _ field type; do
		case $type in
		MAC*) set="h.$field = '02:00:00:00:00:09'" ;;
		IPv4*) set="h.$field = '10.9.9.9'" ;;
		bytes) set="h:$field():set(9)" ;;
		*) set="h.$field = h.$field ~ 1" ;;
		esac
		seen=$(changes $capture "local h = views.$proto(p) $set")
		if [ "$proto.$field" != "${seen%% *}" ] && [[ $seen != *"  $proto.$field "* ]] || [[ $seen != *" → "* ]]; then
			not_ok "-v shows $proto.$field" "$seen"
		else
			ok "-v shows $proto.$field"
		fi
	done < <("$program" protocols $proto | sed -n '/^bit width/,/^$/{/^ /p}' | grep -v ' data ')
done
is '-v: nothing was written' '' "$(changes udp.pcap '')"
is '-v: the same was written' '' "$(changes udp.pcap 'local ip = views.ip(p) ip.ttl = ip.ttl')"
is '-v: an address, with its checksums' 'ip.check 0xd1bf → 0xd1ba  ip.daddr 10.0.0.2 → 10.0.0.7  udp.check 0xa3bf → 0xa3ba' \
	"$(changes udp.pcap 'views.ip(p).daddr = "10.0.0.7"')"
is '-v: payload, from its first change on' 'data[4] 6f21 → 5821' "$(changes udp.pcap 'p:raw(#p - 2, 1):set(0x58)')"
is '-v: options' 'ip.options 94040000 → 01010101' "$(changes udp.pcap 'views.ip(p):options():set(1)')"
is '-v: tcp options' 'tcp.options 020405b4 → 01010101' "$(changes tcp.pcap 'views.tcp(p):options():set(1)')"
is '-v: a shorter header ends options' \
	'ip.ihl 6 → 5  ip.check 0xd1bf → 0x66c4  ip.options 94040000 → (none)  udp.sport 1000 → 37892  udp.dport 53 → 0  udp.length 14 → 1000  udp.check 0xa3bf → 0x0035' \
	"$(changes udp.pcap 'p:raw(14, 1):set(0x45) views.ip(p):check():set()')"
is '-v: another protocol takes the place of one' \
	'ip.protocol 1 → 17  icmp.type 8 → (none)  icmp.code 0 → (none)  icmp.checksum 0x1927 → (none)  icmp.id 7 → (none)  icmp.sequence 1 → (none)  udp.sport (none) → 2048  udp.dport (none) → 6439  udp.length (none) → 7  udp.check (none) → 0x0001' \
	"$(changes icmp.pcap 'p:raw(23, 1):set(17)')"
contains '-v: without a known type all is gone' 'eth.type 2048 → 2049  ip.version 4 → (none)' "$(changes udp.pcap 'views.eth(p).type = 0x801')"
is '-v: only what was changed of the rest is payload then' '' "$(changes udp.pcap 'views.eth(p).type = 0x801' | grep -o 'data.*')"
bytes "$(pcap 1)" "$(record "$ether${udp}000000000000")" "$(record "$ether${udp/45/43}")" "$(record "$ether${udp/45/4f}")" "$(record "${ether%0800}1234$udp")" >rest.pcap
cat >last.lua <<'END'
function process_packet(p) p:raw(#p - 1, 1):set(0x7e) return NF_ACCEPT end
END
go run last.lua rest.pcap -v -q
is '-v: padding, malformed headers, unknown protocols' \
	'padding[5] 00 → 7e,data[13] 21 → 7e,data[33] 21 → 7e,data[33] 21 → 7e' "$(sed 's/.*NF_ACCEPT  //' out | paste -s -d ,)"
bytes "$(pcap 101)" "$(record "$udp")" >raw.pcap
is '-v: without a link layer' 'ip.ttl 64 → 9  ip.check 0x66c8 → 0x9dc8' \
	"$(changes raw.pcap 'p:data(packet_eth):data(packet_ip).ttl = 9')"
go run pass.lua large.pcap -v -q
contains '-v: a large packet' '262144  XT_CONTINUE' "$out"
is 'a script may change nothing and all' '0 changed 5 changed' \
	"$(for function in accept all; do
		echo 'function accept(p) return NF_ACCEPT end function all(p) p:set(0x45) return NF_ACCEPT end' >all.lua
		"$program" run all.lua in.pcap -f $function | grep -o '[0-9]* changed'; done | paste -s -d ' ')"

#
# Verdicts, and the options that decide about them.
#
for row in 'accept NF_ACCEPT 5' 'drop NF_DROP 0' 'stolen NF_STOLEN 0' 'queue NF_QUEUE 5' 'returns XT_RETURN 5' \
	'process_packet XT_CONTINUE 5'; do
	read -r function verdict written <<<"$row"
	accepts "$verdict is counted" "5 packets: 5 $verdict" run pass.lua in.pcap -f "$function" -w out.pcap --verdicts verdicts
	contains "$verdict: $written are written" ", $written written" "$out"
	is "$verdict: in --verdicts" "5 $verdict$([ "$function" != queue ] || echo ' 5')" "$(sort verdicts | uniq -c | sed 's/^ *//')"
done
go run pass.lua in.pcap -f again
contains 'NF_REPEAT ends some time' '5 times: NF_REPEAT 8 times in a row' "$out"
for row in ' 0' 'drop 0' 'accept 5' 'continue 5'; do
	read -r verdict written <<<"${row/#  / }"
	case $row in ' '*) written=0 verdict='' ;; esac
	go run pass.lua in.pcap -f fails -w out.pcap ${verdict:+--on-error $verdict} --verdicts verdicts
	is "--on-error ${verdict:-is drop}" "1 $written 5 error pass.lua:8: on purpose" \
		"$status $(grep -o '[0-9]* written' out | cut -d ' ' -f 1) $(sort verdicts | uniq -c | sed 's/^ *//')"
done
trouble '--on-error with another verdict' '--on-error queue: give drop, accept or continue' run pass.lua in.pcap --on-error queue
accepts '-n counts packets' '3 packets: 3 ' run pass.lua in.pcap -n 3
accepts '--count of more than there are' '5 packets: 5 ' run pass.lua in.pcap --count 4294967295
for value in 0 -1 abc 3x '' 4294967296 99999999999999999999 1e3; do
	trouble "--count '$value'" "--count $value: give a number from 1 to 4294967295" run pass.lua in.pcap --count "$value"
	[ "$value" = 0 ] || trouble "--state '$value'" "--state $value: give a number from 0 to 4294967295" run pass.lua in.pcap --state "$value"
done
for value in 0 7 4294967295; do
	go run pass.lua in.pcap -f state --state $value
	contains "--state $value" "5 times: pass.lua:10: is $value" "$out"
done
go run pass.lua in.pcap -q -f fails
is '-q says nothing, but the exit code does' '1  ' "$status $out $err"
go run pass.lua in.pcap -f nothing -n 1
contains 'an error that was once is once' '1 time: pass.lua:9: the handler returned no verdict but nil' "$out"
cat >errors.lua <<'END'
local n = 0
function process_packet(p) n = n + 1 error("number " .. n % 12) end
END
go run errors.lua slow.pcap -n 24
is 'errors that differ are told apart, some of them' '8 of 2, 8 others' \
	"$(grep -c '^2 times: errors.lua:2: number' out) of 2, $(sed -n 's/ times: other errors//p' out) others"

#
# JSON.
#
is_json() { perl -MJSON::PP -ne 'decode_json($_)'; }
for arguments in 'run pass.lua in.pcap' 'run pass.lua in.pcap -v' 'run dnat.lua short.pcap -v' 'run pass.lua in.pcap -f nasty' \
	'run pass.lua in.pcap -f nasty -v' 'run all.lua in.pcap -f all -v' 'run pass.lua empty2.pcap -v' \
	'run pass.lua cut-packet.pcap -v' protocols 'protocols tcp' 'protocols raw'; do
	bytes "$(pcap 1)" >empty2.pcap
	# shellcheck disable=SC2086 # words
	go $arguments --json
	holds "$arguments --json is JSON" is_json <out
	is "$arguments --json is ASCII" '' "$(LC_ALL=C tr -d '\177' <out | LC_ALL=C grep '[^ -~]')"
done
go run pass.lua in.pcap --json -v -f fails -w out.pcap --on-error accept
is '--json -v: an object for a packet' \
	'{"packet":1,"summary":"10.0.0.1:1000 > 10.0.0.2:53 udp 48","verdict":"error","changes":[],"error":"pass.lua:8: on purpose"}' \
	"$(head -n 1 out)"
is '--json: the summary' \
	'{"packets":5,"verdicts":{"error":5},"errors":[{"count":5,"error":"pass.lua:8: on purpose"}],"other_errors":0,"changed":0,"truncated":0,"nanoseconds_per_packet":N,"written":5}' \
	"$(tail -n 1 out | sed 's/\(per_packet":\)[0-9]*/\1N/')"
go run pass.lua in.pcap --json -v -f nasty
is '--json: an error that is no UTF-8 is there, six times' 6 "$(grep -c '"error":"pass.lua:[0-9]*: \\u001B\[31m ?31m ' out)"
go run dnat.lua udp.pcap --json -v
contains '--json -v: changes' '{"field":"ip.daddr","before":"10.0.0.2","after":"2.1.1.1"}' "$out"

#
# What scripts say must not reach the terminal as anything but text.
#
# is_text FILE: UTF-8 without control characters, but for the end of a line
is_text() {
	iconv -f UTF-8 -t UTF-32LE "$1" | od -An -v -tu4 -w4 | awk '$1 < 32 && $1 != 10 || $1 >= 127 && $1 < 160 { bad = 1 } END { exit bad }'
}
sed 's/function nasty(p) \(.*\) end$/\1/p; d' pass.lua >nasty.lua
sed 's/error(/print(/; s/function process_packet.*//; s/function nasty(p).*/& process_packet = nasty/' pass.lua >print.lua
for arguments in 'pass.lua in.pcap -f nasty' 'pass.lua in.pcap -f nasty -v' 'nasty.lua in.pcap' 'print.lua in.pcap' \
	'pass.lua in.pcap -f nasty -q --verdicts /dev/stdout'; do
	# shellcheck disable=SC2086 # words
	go run $arguments
	contains "run $arguments: characters that control are shown" \
		'\x1b[31m \x9b31m \xc2\x9b31m \xff "quoted" \ \x0a\x0d\x09\x7f\x08 é → \xed\xa0\x80 \xf4\x90\x80\x80' "$out$err"
	holds "run $arguments: it is text" is_text out
	holds "run $arguments: so is standard error" is_text err
done
trouble 'names of files, too' 'a\x1b[31m: No such file' run pass.lua $'a\e[31m'

#
# Scripts at fault.
#
# lua LINES: makes script.lua
lua() { printf '%s\n' "$1" >script.lua; }
# load TEXT PART LINES
load() {
	lua "$3"
	fault "$1" "$2" run script.lua in.pcap -w out2.pcap
}
load 'a syntax error' 'script.lua:2: unexpected symbol near' $'local a\nx = = 1'
load 'a missing function' "script.lua: no function 'process_packet' (define it as a global" 'function other(p) end'
load 'a handler that is no function' "script.lua: no function 'process_packet'" 'process_packet = 1'
load 'an empty script' "script.lua: no function 'process_packet'" ''
load 'an error while it is loaded' 'script.lua:3: broken' $'\n\nerror("broken")'
load 'an error that is no string' 'script.lua:1: the error is not a string but a table' 'error({})'
load 'an endless loop while it is loaded' 'script.lua:2: time limit exceeded' $'\nwhile true do end'
load 'all memory while it is loaded' 'script.lua:1: not enough memory: ' 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end'
load 'recursion while it is loaded' 'script.lua:1: stack overflow' 'local function f(n) return 1 + f(n) end f(1)'
load 'deep nesting' 'script.lua:1: C stack overflow' "return $(printf '%0300d' 0 | tr 0 '(')"
load 'a number that is no integer' "script.lua:1: malformed number near '0.5'" 'x = 0.5'
load 'a name of the language' 'script.lua:1: ' 'NF_DROP = 1'
printf '\033Lua\124\000\031\223' >binary.lua
fault 'a binary chunk' 'binary.lua:1: attempt to load a binary chunk' run binary.lua in.pcap
fault 'another function that is missing' "pass.lua: no function 'none'" run pass.lua in.pcap -f none
fault 'no name of a function' "pass.lua: no function ''" run pass.lua in.pcap -f ''
holds 'no capture is made for them' test ! -e out2.pcap
trouble 'a script that is a folder' 'folder.pcap: Is a directory' run folder.pcap in.pcap
trouble 'a script that is not there' 'none.lua: No such file' run none.lua in.pcap
head -c 262145 /dev/zero | tr '\0' '\n' >big.lua
fault 'a script that is too large' 'big.lua: larger than 262144 bytes' run big.lua in.pcap
fault 'a script without an end' '/dev/zero: larger than 262144 bytes' run /dev/zero in.pcap
deep=$(printf 'd%.0s' {1..200})
mkdir -p "$deep/$deep/$deep/$deep"
trouble 'a long path' 'No such file or directory' run "$deep/$deep/$deep/$deep/none.lua" in.pcap
trouble 'a long path of a capture' 'No such file or directory' run pass.lua "$deep/$deep/$deep/$deep/none.pcap"
trouble 'a long path of an output' 'No such file or directory' run pass.lua in.pcap -w "$deep/$deep/$deep/none/out.pcap"
cp pass.lua "$deep/$deep"
go run "$deep/$deep/pass.lua" in.pcap -f fails
contains 'a long path: the line is told' 'd/pass.lua:8: on purpose' "$out"
"$program" run <(cat pass.lua) in.pcap >out 2>err
contains 'a script from a pipe' '5 packets: 5 XT_CONTINUE' "$(<out)"

# handle TEXT PART LINES: an error of a handler is counted, with its line
handle() {
	lua "$3"
	go run script.lua in.pcap -n 2
	is "$1: exit code" '1 ' "$status $err"
	contains "$1" "2 times: $2" "$out"
}
handle 'an endless loop' 'script.lua:2: time limit exceeded' $'function process_packet(p)\nwhile true do end end'
handle 'all memory' 'script.lua:1: not enough memory: ' 'function process_packet(p) local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end end'
handle 'recursion' 'script.lua:1: stack overflow' 'function process_packet(p) local function f(n) return 1 + f(n) end return f(1) end'
handle 'a division' 'script.lua:2: no floating point' $'function process_packet(p)\nreturn 1 / 2 end'
handle 'an error in a function that it calls' 'script.lua:1: inner' $'local function f() error("inner") end\nfunction process_packet(p) f() end'
lua 'print("at load") function process_packet(p) print("packet", p) return NF_ACCEPT end'
go run script.lua in.pcap -n 1
is 'print tells where it is' $'state 0: script.lua:1: at load\nstate 0: script.lua:1: packet\tpacket_raw offset 0 length 48' "$err"
lua 'function process_packet(p) print("a\tb\0c\nd", setmetatable({}, {__tostring = function() return "e\255" end}), nil, 5) print() return NF_ACCEPT end'
go run script.lua in.pcap -n 1
is 'print puts a tab between values, and escapes what is no text in them' \
	$'state 0: script.lua:1: a\\x09b\\x00c\\x0ad\te\\xff\tnil\t5\nstate 0: script.lua:1: ' "$err"
lua 'local n = 0
function process_packet(p) n = n + 1 return NF_ACCEPT end
function on_close() print("saw", n) end'
go run script.lua in.pcap
is 'on_close is called at the end' 'state 0: script.lua:3: saw	'"$(sed -n 's/ packets: .*//p' out)" "$err"
is 'and is no failure' 0 "$status"
lua 'function process_packet(p) return NF_ACCEPT end function on_close() error("closed") end'
go run script.lua in.pcap
is 'an error in it is told' '1 packetscript: on_close: script.lua:1: closed' "$status $err"
contains 'after all packets' 'NF_ACCEPT' "$out"
lua 'function process_packet(p) return NF_ACCEPT end function on_close() while true do end end'
go run script.lua in.pcap
contains 'it has a time limit' 'on_close: script.lua:1: time limit exceeded' "$err"

# Types: every field, every method that they name is one, and Lua can read them.
go types
"$program" protocols --json >protocols.json
perl -MJSON::PP -0ne 'for my $p (@{decode_json($_)}) { (my $c = $p->{name}) =~ s/^packet_//;
	print "---\@field $_->{name} \n" for grep { $_->{name} ne "data" } @{$p->{fields}} }' protocols.json | sort -u >wanted
is 'types has the fields of all protocols' '' "$(cut -d ' ' -f 1,2 out | sort -u | sed 's/$/ /' | comm -13 - wanted)"
holds 'of which there are many' test "$(wc -l <wanted)" -gt 25
{ cat out; echo 'test("read", function() equal(packet_ip, '"$("$program" protocols --json | perl -MJSON::PP -0ne 'print $_->{id} for grep { $_->{name} eq "packet_ip" } @{decode_json($_)}')"') end)'; } >types_test.lua
go test types_test.lua
is 'types are Lua' 0 "$status"
rm types_test.lua
"$program" types | sed -n '/^---@class ps.view/,/^$/ s/^---@field \([a-z_]*\) fun.*/\1/p' >methods
lua "function process_packet(p) for name in ('$(paste -sd ' ' methods)'):gmatch('%S+') do if not p[name] then error(name) end end return NF_ACCEPT end"
go run script.lua in.pcap -n 1
is 'methods in types are methods' '0 ' "$status $err"

lua 'kept = {} for i = 1, 20000 do kept[i] = "entry " .. i end
function process_packet(p) return NF_ACCEPT end'
go run script.lua in.pcap
contains 'a state may hold 1 MiB' 'not enough memory: ' "$err"
contains 'and says how much it holds' ' of 1024 KiB are held, without room for ' "$err"
go run --memory 4M script.lua in.pcap
is 'or more' '0 ' "$status $err"
go run --memory 128K script.lua in.pcap
contains 'or less' ' of 128 KiB are held' "$err"
go run --memory 1G script.lua in.pcap
is 'or no such size' '2 packetscript: --memory 1G: give 128K to 64M, as in 512K or 4M' "$status $err"
cat >memory_test.lua <<'END'
test("by option", function() script("script.lua") end)
test("by itself", function() script("script.lua", { memory = "128K" }) end)
test("no size", function() script("script.lua", { memory = "1" }) end)
END
go test --memory 4M memory_test.lua
is 'tests say which size' '1 3' "$status $(grep -c '^\(ok 1\|not ok 2\|not ok 3\) ' out)"
rm memory_test.lua
lua 'function process_packet(p) while true do end end'
go run script.lua in.pcap -n 1
contains 'after the time limit the next packet has its own' '1 time: script.lua:1: time limit' "$out"

#
# Usage, help, manual, completion.
#
go
is 'no command: exit code' '2 ' "$status $out"
contains 'no command: says how' 'usage: packetscript COMMAND' "$err"
trouble 'an unknown command' "there is no command 'xyzzy'; 'packetscript --help' lists them" xyzzy
for pair in 'rum run' 'ru run' 'tun run' 'runn run' 'protocol protocols' 'manul manual' 'hlep help' 'completions completion'; do
	trouble "'${pair% *}' is nearly a command" "there is no command '${pair% *}'; is '${pair#* }' meant?" "${pair% *}"
done
trouble 'help for a command that is none' "there is no command 'helo'; is 'help' meant?" help helo
trouble 'a protocol that is none' "there is no protocol 'ipx'" protocols ipx
# misuse TEXT PART ARGUMENT…: two lines, of which the second says how it is used
misuse() {
	local text=$1 part=$2
	shift 2
	go "$@"
	is "$text: exit code" '2 ' "$status $out"
	contains "$text" "$part" "$(head -n 1 err)"
	contains "$text: usage" "usage: packetscript $1 " "$(tail -n +2 err)"
}
misuse 'no script' 'packetscript: run: SCRIPT is missing' run
misuse 'no capture' 'packetscript: run: CAPTURE is missing' run pass.lua
misuse 'two captures' "packetscript: run: 'b' is one argument too many" run pass.lua a b
misuse 'two protocols' "packetscript: protocols: 'udp' is one argument too many" protocols tcp udp
misuse 'an argument for manual' "packetscript: manual: 'x' is one argument too many" manual x
misuse 'an unknown option' "packetscript: unrecognized option '--frob'" run --frob pass.lua in.pcap
misuse 'an unknown letter' "packetscript: invalid option -- 'Z'" run -Z pass.lua in.pcap
misuse 'an option without its argument' "packetscript: option requires an argument -- 'w'" run pass.lua in.pcap -w
misuse 'a switch with an argument' "packetscript: option '--quiet' doesn't allow an argument" run --quiet=1 pass.lua in.pcap
accepts 'options may end' '5 packets' run -- pass.lua in.pcap
accepts '--version' 'packetscript ' --version
accepts '--help' 'usage: packetscript COMMAND' --help
commands=$("$program" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p')
contains 'all commands are listed' 'run' "$commands"
for command in $commands; do
	accepts "$command --help" "usage: packetscript $command [options]" "$command" --help
	help=$out
	accepts "help $command is the same" "$help" help "$command"
	accepts "$command -h, too" "$help" "$command" -h
	while read -r option argument; do
		# one that exists is not what getopt complains about
		"$program" "$command" "$option" ${argument:+1} --no-such-option >out 2>err
		is "$command $option is an option" "packetscript: unrecognized option '--no-such-option'" "$(head -n 1 err)"
	done < <(sed -n 's/^  ..[, ] *\(--[a-z-]*\) \{0,1\}\([A-Z]*\) .*/\1 \2/p' <<<"$help" | grep -v -- --help)
done
for example in 'run dnat.lua in.pcap -w out.pcap -v' 'protocols tcp'; do
	# shellcheck disable=SC2086 # words
	accepts "the help's example runs: $example" '' $example
	contains "and is in the help" "packetscript $example" "$("$program" help "${example%% *}")"
done

# protocols: all that are listed can be drawn; each field is drawn, too
go protocols
names=$(awk 'NR > 1 { print $2 }' out)
for name in $names; do
	accepts "$name can be looked at" "$name: id " protocols "$name"
	is "${name#*_} is the same" "$out" "$("$program" protocols "${name#*_}")"
	is "$name: lines are of a width" '' "$(grep '^[+|]' out | awk 'length > 65')"
done

manual=$work/packetscript.8
go manual
cp out "$manual"
is 'manual: exit code' '0 ' "$status $err"
if have mandoc; then
	is 'manual: mandoc has nothing to say' '' "$(mandoc -T lint -W warning "$manual" 2>&1)"
	mandoc -T utf8 "$manual" | sed 's/.\x08//g' >page
	for command in $commands; do
		holds "manual: has $command" grep -q "^ *packetscript $command\\b" page
	done
	contains 'manual: has characters beyond ASCII' 'before → after' "$(<page)"
else
	skip 'manual: mandoc has nothing to say' 'not installed'
fi
if have groff; then
	is 'manual: groff has nothing to say' '' "$(groff -man -ww -Tutf8 "$manual" 2>&1 >/dev/null)"
else
	skip 'manual: groff has nothing to say' 'not installed'
fi

"$program" completion >completion.bash
holds 'completion is bash' bash -n completion.bash
# completes WORD…: what the last one may become
completes() {
	bash -c 'compopt() { :; }; . ./completion.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _packetscript; echo "${COMPREPLY[*]}"' bash "$@"
}
is 'completion of commands' "--help --version $(paste -s -d ' ' <<<"$commands")" "$(completes packetscript '')"
is 'completion of a command' protocols "$(completes packetscript pr)"
is 'completion of options' '--verbose --verdicts' "$(completes packetscript run --ver)"
is 'completion of the other command has no such option' '' "$(completes packetscript protocols --ver)"
is 'completion of what help is for' manual "$(completes packetscript help man)"
is 'completion knows each option of run' \
	"$("$program" run --help | grep -o '^  ..[, ] *--[a-z-]*' | grep -o -- '--.*' | sort | paste -s -d ' ')" \
	"$(completes packetscript run -- | tr ' ' '\n' | sort | paste -s -d ' ')"
if have script; then
	# a real one, with a key that is pressed
	cat >bashrc <<-'END'
	packetscript() { echo "got:$*"; }
	. ./completion.bash
	PS1=
	END
	seen=$(printf 'packetscript ru\tin.pc\t -w o\t\nexit\n' | INPUTRC=/dev/null TERM=dumb timeout 120 script -qec 'bash --noprofile --rcfile bashrc -i' /dev/null | tr -d '\r')
	contains 'completion of files, by a key' 'got:run in.pcap -w o' "$seen"
else
	skip 'completion of files, by a key' "no 'script'"
fi

#
# Large captures.
#
if ! ${CC:-cc} -O2 -o plain "$top/bench/capture/plain.c" -lpcap; then
	not_ok 'plain.c compiles'
elif ./plain make 20000 few.pcap && ./plain make 1000000 many.pcap; then
	few=$(./plain measure "$program" run dnat.lua few.pcap -q -w out.pcap --verdicts verdicts | cut -d ' ' -f 2)
	many=$(./plain measure "$program" run dnat.lua many.pcap -q -w out.pcap --verdicts verdicts | cut -d ' ' -f 2)
	is 'a million packets come out' "$(wc -c <many.pcap) 1000000" "$(wc -c <out.pcap) $(wc -l <verdicts)"
	echo "# peak memory: $few KiB with 20000 packets, $many KiB with 1000000"
	holds 'memory stays what it is' test $((many - few)) -le 1024
	if have script; then
		exec 3<>fifo	# a terminal that nobody types at
		# on_terminal ARGUMENT…: what it shows
		on_terminal() { script -qec "'$program' $*" /dev/null <fifo; }
		seen=$(on_terminal run pass.lua many.pcap -n 400000)
		contains 'a terminal gets a progress bar' ' %  ' "$seen"
		contains 'which goes away' $'\r\e[K400000 packets: ' "$seen"
		is 'a small file has none' '' "$(on_terminal run pass.lua in.pcap | grep '%')"
		contains 'a terminal gets no packets' 'packetscript: standard output: is a terminal' \
			"$(on_terminal run pass.lua in.pcap -w -)"
		[ -w /dev ] || contains 'by another name, neither' 'packetscript: /dev/tty: is a terminal' \
			"$(on_terminal run pass.lua in.pcap -w /dev/tty)"
		exec 3>&-
	else
		skip 'a terminal gets a progress bar' "no 'script'"
	fi
	go run pass.lua many.pcap -n 400000
	is 'a pipe has no progress bar' '' "$err"
	rm -f many.pcap out.pcap
else
	not_ok 'a large capture is made'
fi

is 'nothing temporary is left' '' "$(left)"
tally
