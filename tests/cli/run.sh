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

# Leaks are looked for where something is refused, which is where they hide; a look takes as long as all else that a command does.
export ASAN_OPTIONS=detect_leaks=0

# go ARGUMENT…: sets out, err and status
go() {
	timeout 300 "$program" "$@" >out 2>err
	status=$?
	{ out=$(<out) err=$(<err); } 2>/dev/null # where bash says that it leaves out bytes of 0
}

# Temporary files that are left.
left() { find . -maxdepth 2 -name '*.??????' ! -name '*.pcapng'; }

# is_line FILE: it has one line, with its end
is_line() { IFS= read -r && [ -n "$REPLY" ] && ! IFS= read -r && [ -z "$REPLY" ]; } <"$1"

# refuses STATUS TEXT PART ARGUMENT…: one line, which has this part, and nothing else is left
refuses() {
	local wanted=$1 text=$2 part=$3
	shift 3
	ASAN_OPTIONS=detect_leaks=1 go "$@"
	if [ $status != "$wanted" ]; then
		not_ok "$text" "status $status instead of $wanted"$'\n'"$err"
	elif ! is_line err || [[ $err != "packetscript: "*"$part"* ]]; then
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
bytes "a1b2c3d4 0003 0000 00000000 00000000 00040000 00000001" >version.pcap
bytes "$(block 0x0a0d0d0a "$(le32 0x1a2b3c4d) 02000000 ffffffffffffffff")" >version.pcapng.pcap
bytes "$(block 0x0a0d0d0a "$(le32 0x1a2b3c4e) 01000000 ffffffffffffffff")" >order.pcap
bytes "$(section)" | head -c 20 >section.pcap

for case in 'empty:truncated' 'text:unknown file format' 'magic:unknown file format' \
	'folder:Is a directory' 'header:truncated' 'none:No such file' 'section:truncated' \
	'version:a version of pcap that is not known' 'version.pcapng:a version of pcapng that is not known' \
	'order:no section of pcapng begins here'; do
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
	trouble "$name: is said" "$name: after 1 packet: " run pass.lua "$name"
	contains "$name: and where" '(at byte 88)' "$err"
	contains "$name: what was read is counted" '1 packet: 1 XT_CONTINUE' "$out"
	go run pass.lua "$name" -w part.pcap -q
	is "$name: exit code with -w" 2 $status
	is "$name: -w says that it has a part" 'packetscript: part.pcap has the 1 packet until then that was not dropped' \
		"$(tail -n 1 err)"
	holds "$name: the part is right" same_file part.pcap <(head -c $((24 + 64)) in.pcap)
	cp "$name" place.pcap
	go run dnat.lua place.pcap -w place.pcap -q
	is "$name: in place, that is said" 'packetscript: place.pcap: not written: it is the capture that was read, and would be replaced by a part of it' \
		"$(tail -n 1 err)"
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
holds 'a packet that is longer than the file says is kept' same_file liar.pcap out.pcap

#
# Checksums that are completed later.
#
six=$ether; six=${six/%0800/86dd}
v6='fd000000000000000000000000000001 fd000000000000000000000000000002'
tcp6="60000000 0017 06 40 $v6 04d2162e000003e8000007d050182000aaaa0000616263"
bytes "$(pcap 1)" "$(record "$six$tcp6")" >six.pcap
cat >bytes6.lua <<'END'
-- by bytes, with RFC 1624 by hand
function process_packet(p)
  local b = p:get()
  b[14 + 39] = 3
  local sum = (b[14 + 56] << 8 | b[14 + 57]) - 1
  b[14 + 56], b[14 + 57] = sum >> 8, sum & 255
  return XT_CONTINUE
end
END
cat >write6.lua <<'END'
function process_packet(p) p:write("\3", 14 + 39) return XT_CONTINUE end
END
cat >address6.lua <<'END'
function process_packet(p) p:get()[14 + 39] = 3 return XT_CONTINUE end
END
echo 'function process_packet(p) p:raw(14 + 8, 16):set(7) return XT_CONTINUE end' >fill6.lua
accepts 'IPv6 is written by bytes' '1 changed, 1 written' run bytes6.lua six.pcap -w by_bytes.pcap
accepts 'and by :write()' '1 changed, 1 written' run write6.lua six.pcap -w by_write.pcap
holds 'which come to the same' same_file by_bytes.pcap by_write.pcap
accepts ':write() also if the checksum is completed later' '1 changed, 1 written' run write6.lua six.pcap --offload -w by_write.pcap
holds 'which comes to the same' same_file by_bytes.pcap by_write.pcap
go run bytes6.lua six.pcap --offload
is 'a checksum that is completed later is no bytes to write' 1 $status
contains 'and that is said' 'bytes6.lua:6: these bytes are a checksum that is completed later (offload)' "$out"
go run address6.lua six.pcap --offload -w address.pcap
holds 'an address is: the checksum follows, where it is completed later' same_file by_bytes.pcap address.pcap
go run fill6.lua six.pcap --offload -w filled.pcap
go run pass.lua filled.pcap --offload -w passed.pcap
holds 'and so for many bytes' same_file filled.pcap passed.pcap
have tcpdump && is 'as tcpdump says' 1 "$(tcpdump -nvr filled.pcap 2>/dev/null | grep -c '(correct)')"
accepts 'what is not written stays as it was' '0 changed, 1 written' run pass.lua six.pcap --offload -w passed.pcap
# behind a hop-by-hop header nobody knows what is summed
hop6="60000000 001f 00 40 $v6 0600010400000000 04d2162e000003e8000007d050182000aaaa0000616263"
bytes "$(pcap 1)" "$(record "$six$hop6")" >hop.pcap
accepts 'what is not understood is not pretended' '1 changed' run address6.lua hop.pcap --offload
bytes "$(pcap 1)" "$(record "$ether$udp")" >four.pcap
cat >four.lua <<'END'
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  local udp = ip:data(packet_udp)
  ip:get()[19] = 77
  ip:check():set()
  udp:check():set()
  udp.dport = 53
  return XT_CONTINUE
end
END
go run four.lua four.pcap -w plain.pcap
go run four.lua four.pcap --offload -w offload.pcap
holds 'IPv4 written by bytes, with its checksums computed, is the same with and without' same_file plain.pcap offload.pcap

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
line6='[2001:db8::1]:1000 > [2001:db8::2]:53 udp'
link Ethernet 1 "$ether" "$udp" "$line 48"
link 'raw IP' 101 '' "$udp" "$line 34"
link 'raw IPv4' 228 '' "$udp" "$line 34"
link 'raw IPv6' 229 '' "$udp6" "$line6 54"
link 'IPv6 in Ethernet' 1 "${ether%0800}86dd" "$udp6" "$line6 68"
link 'Linux cooked' 113 '0000 0001 0006 020000000001 0000 0800' "$udp" "$line 34"
link 'Linux cooked v2' 276 '0800 0000 00000002 0001 00 06 0200000000010000' "$udp" "$line 34"
link 'BSD loopback, little endian' 0 02000000 "$udp" "$line 34"
link 'BSD loopback, big endian' 0 00000002 "$udp" "$line 34"
link 'BSD loopback of FreeBSD, IPv6' 0 1c000000 "$udp6" "$line6 54"
link 'OpenBSD loopback' 108 00000002 "$udp" "$line 34"
bytes "$(pcap 101)" "$(record '')" "$(record 00)" "$(record 45)" "$(record 60)" >raw.pcap
accepts 'raw packets of no and of one byte' '4 packets: 4 XT_CONTINUE' run pass.lua raw.pcap
for type in 0 108 113 276; do
	header='0800000000000800000008000000080000000800'
	bytes "$(pcap $type)" "$(for ((i = 0; i <= 40; i += 2)); do record "${header::i}"; done)" >raw.pcap
	# of a family that is none of IP's no handler is asked
	case $type in 0 | 108) handled=4 ;; *) handled=21 ;; esac
	accepts "headers of link type $type that are cut" "$handled packets: $handled XT_CONTINUE" run pass.lua raw.pcap -w out.pcap
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
		holds "$name.pcap keeps its times, and its order of bytes" same_file "$name.pcap" out.pcap
		"$program" run pass.lua - -w - <"$name.pcap" >out.pcap 2>err
		holds "$name.pcap from a pipe, too" same_file "$name.pcap" out.pcap
	done
done
order=be
bytes "$(pcap 1)" "$(record "$ether$tcp")" >swapped.pcap
order=le
# version 2.3: the lengths changed places
bytes "$(le32 $((16#a1b2c3d4))) 0200 0300 $(le32 0) $(le32 0) $(le32 96) $(le32 1)" \
	"$(le32 1) $(le32 1) $(le32 48) $(le32 9) ${ether::18}" >old.pcap
go run pass.lua old.pcap -w out.pcap
holds 'a file of an old version is written as it was' same_file old.pcap out.pcap
is 'and is of its shorter length' '1  unknown 9' "$("$program" run pass.lua old.pcap -v -q | grep -o '^1  unknown 9')"
bytes "$(pcap 1 262144 a1b2cd34)" "$(record "$ether$udp" | sed 's/.\{32\}/&0000000000000000/')" >patched.pcap
accepts 'a file with longer headers of packets' "1  $line 48" run dnat.lua patched.pcap -v -w out.pcap
is 'has them in what is written' "$(head -c 64 patched.pcap | cksum)" "$(head -c 64 out.pcap | cksum)"

#
# What carries no packet, or nobody knows what: it passes, and no handler is asked.
#
# untouched TEXT TYPE HEX
untouched() {
	bytes "$(pcap "$2")" "$(record "$3")" >link.pcap
	accepts "$1 passes untouched" '0 changed, 1 written, 1 passed untouched: no IP in' run pass.lua link.pcap -f drop -w out.pcap
	contains "$1: no handler is asked" '0 packets' "$out"
	holds "$1 is written as it was" same_file link.pcap out.pcap
}
snap='aaaa03 000000'
data='0800 0000 020000000001 020000000002 020000000003 1000'	# 802.11, without QoS
llc_ip="$snap 0800"
radio='0000 0800 00000000'
link 'PPP' 9 'ff03 0021' "$udp" "$line 34"
link 'PPP without address and control' 9 '0021' "$udp" "$line 34"
link 'PPP with a short protocol' 9 '21' "$udp" "$line 34"
link 'PPP over serial lines' 50 'ff03 0021' "$udp" "$line 34"
link 'Cisco HDLC as PPP over serial lines' 50 '0f00 0800' "$udp" "$line 34"
link 'PPP with a direction' 204 '01 ff03 0021' "$udp" "$line 34"
link 'PPP of pppd' 166 '0103 0021' "$udp" "$line 34"
link 'PPPoE' 51 '1100 0001 0024 0021' "$udp" "$line 34"
link 'IPv6 in PPP' 9 '0057' "$udp6" "$line6 54"
link 'Cisco HDLC' 104 '8f00 0800' "$udp" "$line 34"
link 'SLIP' 8 '0040 0000000000000000000000000000' "$udp" "$line 34"
link 'Frame Relay' 107 '1841 03 cc' "$udp" "$line 34"
link 'Frame Relay, a long address' 107 '18404041 03 cc' "$udp" "$line 34"
link 'Frame Relay with SNAP' 107 '1841 03 00 80 000000 0800' "$udp" "$line 34"
link 'Frame Relay of Cisco' 107 '1841 0800' "$udp" "$line 34"
link 'Frame Relay with a direction' 206 '00 1841 03 cc' "$udp" "$line 34"
link '802.11' 105 "$data $llc_ip" "$udp" "$line 34"
link '802.11 with QoS' 105 "88${data:2} 0000 $llc_ip" "$udp" "$line 34"
link '802.11 with QoS and HT' 105 "8880${data:4} 0000 00000000 $llc_ip" "$udp" "$line 34"
link '802.11 of four addresses' 105 "0803${data:4} 020000000004 $llc_ip" "$udp" "$line 34"
link '802.11 with radiotap' 127 "$radio $data $llc_ip" "$udp" "$line 34"
link '802.11 with radiotap, more bits' 127 "0000 1800 030000a0 000000a0 00000000 0000000000000000 $data $llc_ip" "$udp" "$line 34"
link 'NFLOG' 239 '0200 0005 0800 0100 0800 0300 0700 0a00 696e0000 2600 0900' "$udp" "$line 34"
link 'NFLOG, turned around' 239 '0200 0005 0008 0001 0800 0300 0026 0009' "$udp" "$line 34"
link 'IPv6 in NFLOG' 239 '0a00 0005 3a00 0900' "$udp6" "$line6 54"
bytes "$(pcap 127)" "$(record "0000 0900 02000000 10 $data $llc_ip $udp 01020304")" >link.pcap
accepts 'the check sequence of 802.11 is none of the packet' "$line 34" run dnat.lua link.pcap -v -w out.pcap
is 'and is written' 01020304 "$(tail -c 4 out.pcap | od -An -tx1 | tr -d ' ')"
bytes "$(pcap 239)" "$(record "0200 0005 2600 0900 $udp 0000 0800 0500 00000001")" >link.pcap
accepts 'attributes behind the packet of NFLOG are none of it' "$line 34" run pass.lua link.pcap -v
untouched 'LCP in PPP' 9 'ff03 c021 01010004'
untouched 'compressed TCP in PPP' 9 'ff03 002d 00'
untouched 'a frame of PPP that is cut' 9 'ff03 00'
untouched 'an empty frame of PPP' 9 ''
untouched 'ARP in Cisco HDLC' 104 "0f00 0806 $udp"
untouched 'a keepalive of Cisco HDLC' 104 '8f00 8035 0000000200000000'
untouched 'LMI of Frame Relay' 107 '0001 03 08 00'
untouched 'an address of Frame Relay without an end' 107 '18404040404040'
untouched 'a bridged frame in Frame Relay' 107 "1841 03 00 80 0080c2 0007 $ether$udp"
untouched 'a beacon' 105 '8000 0000 ffffffffffff 020000000002 020000000002 0000 0000000000000000 6400 0104'
untouched 'data that is encrypted' 105 "0840${data:4} $llc_ip $udp"
untouched 'no data' 105 "48${data:2}"
untouched 'a later fragment of 802.11' 105 "${data%1000}1100 $udp"
untouched 'several packets in a frame of 802.11' 105 "88${data:2} 8000 $llc_ip $udp"
untouched 'a header of 802.11 that is cut' 105 "${data%1000}"
untouched 'ARP in 802.11' 105 "$data $snap 0806 $udp"
untouched 'the spanning tree in 802.11' 105 "$data 424203 0000"
untouched 'radiotap of another version' 127 "01${radio:2} $data $llc_ip $udp"
untouched 'radiotap longer than the frame' 127 '0000 ff00 00000000'
untouched 'radiotap shorter than itself' 127 '0000 0700 00000000 00'
untouched 'radiotap whose bits have no end' 127 "0000 0c00 000000a0 000000a0 $data"
untouched 'NFLOG of ARP' 239 "0300 0005 0800 0100 0806 0300 2600 0900 $udp"
untouched 'NFLOG without a packet' 239 '0200 0005 0800 0100 0800 0300'
untouched 'NFLOG with an attribute of no length' 239 '0200 0005 0000 0900 45'
untouched 'NFLOG with an attribute that is too long' 239 '0200 0005 0f00 0100 45'
untouched 'NFLOG of another version' 239 "0201 0005 2600 0900 $udp"
untouched 'ARP, Linux cooked' 113 "0000 0001 0006 020000000001 0000 0806 $udp"
untouched 'AppleTalk in a BSD loopback' 0 "10000000 $udp"
header=$(hex "$radio $data $llc_ip $udp")
records=$(for ((i = 0; i <= 80; i += 2)); do record "${header::i}"; done)
for type in 8 9 50 51 104 105 107 127 166 204 206 239; do
	bytes "$(pcap $type)" "$records" >link.pcap
	accepts "frames of link type $type that are anything" '41 written' run pass.lua link.pcap -w out.pcap
	holds "frames of link type $type are written as they were" same_file link.pcap out.pcap
done
bytes "$(pcap 189)" "$(record 0102030405)" "$(record 06)" >unknown.pcap
accepts 'frames of a link type that nobody knows pass' \
	$'0 packets\n0 changed, 2 written, 2 passed untouched: link type 189 is not known;' run pass.lua unknown.pcap -w out.pcap
holds 'as they were' same_file unknown.pcap out.pcap
accepts '-v shows them' '2  link type 189 1  untouched' run pass.lua unknown.pcap -v --verdicts verdicts
is 'so does --verdicts' 'untouched untouched' "$(paste -s -d ' ' verdicts)"
accepts '--json -v, too' '{"packet":2,"summary":"link type 189 1","verdict":"untouched","changes":[]}' run pass.lua unknown.pcap -v --json
contains '--json counts them' '"untouched":2' "$out"
bytes "$(pcap 59999)" >unknown.pcap
accepts 'no packets of a link type that nobody knows' '0 packets' run pass.lua unknown.pcap
{ bytes "$(pcap 189 300000) $(le32 1) $(le32 1) $(le32 300000) $(le32 300000)"; head -c 300000 /dev/zero; } >large-usb.pcap
accepts 'they may be large' '1 written' run pass.lua large-usb.pcap -w out.pcap
holds 'and are written as they were' same_file large-usb.pcap out.pcap
rm -f large-usb.pcap

#
# pcapng.
#
comment=$(block 0x0bad "00000000 $(printf 'a comment that stays' | od -An -tx1)")
secrets=$(block 10 "$(le32 0x544c534b) $(le32 4) 6b657973")
names=$(block 4 '0100 0800 0a000001 68693100 0000 0000')
statistics=$(block 5 "$(le32 0) $(le32 0) $(le32 0)")
options="0100 0500 68656c6c6f000000 0000 0000"	# a comment
# simple HEX; old HEX [INTERFACE]: packets in other blocks
simple() {
	local hex=${1//[[:space:]]/}
	block 3 "$(le32 $((${#hex} / 2))) $hex"
}
old() {
	local hex=${1//[[:space:]]/}
	block 2 "$(le16 "${2:-0}") 0000 $(le32 395813) $(le32 1467006528) $(le32 $((${#hex} / 2))) $(le32 $((${#hex} / 2))) $hex"
}
# with_options HEX: a packet that has a comment
with_options() {
	local hex=${1//[[:space:]]/}
	block 6 "$(le32 0) $(le32 395813) $(le32 1467006528) $(le32 $((${#hex} / 2))) $(le32 $((${#hex} / 2))) $hex 0000 $options"
}
packets() { "$top/tests/cases/packets" "$@"; }

bytes "$(section) $(interface 1) $(enhanced "$ether$udp")" >in.pcapng
accepts 'pcapng in microseconds' "1  $line 48" run pass.lua in.pcapng -v -w out.pcap
holds 'becomes pcap, if that is its name' same_file micro.pcap out.pcap
bytes "$(section) $(interface 1 '0900 0100 09000000 0000 0000') $(enhanced "$ether$udp" 0 1700000000123456789)" >nano.pcapng
go run pass.lua nano.pcapng -w out.pcap
holds 'pcapng in nanoseconds keeps them' same_file nano.pcap out.pcap
go run pass.lua nano.pcap -w out.pcapng
is 'pcap becomes pcapng, if that is its name' "$(packets nano.pcap)" "$(packets out.pcapng)"
go run pass.lua in.pcap -w out.pcapng
is 'with all packets' "$(packets in.pcap)" "$(packets out.pcapng)"
go run pass.lua swapped.pcap -w out.pcapng
is 'of either order of bytes' "$(packets swapped.pcap)" "$(packets out.pcapng)"
"$program" run pass.lua - -w - <in.pcapng >out 2>err
holds 'what has no name stays pcapng' same_file in.pcapng out
cp in.pcapng in-place.pcap
go run pass.lua in-place.pcap -w in-place.pcap
holds 'so does what is replaced, whatever its name' same_file in.pcapng in-place.pcap

bytes "$(section) $comment $(interface 1) $(interface 101 '0900 0100 09000000 0000 0000') $names $secrets \
	$(with_options "$ether$udp") $(enhanced "$udp" 1 1700000000123456789) $comment $(old "$ether$udp") $(simple "$ether$icmp") \
	$(old "$tcp" 1) $statistics $(section) $(interface 101) $comment $(enhanced "$tcp") $(interface 189) \
	$(enhanced 0102030405 1) $statistics" >all.pcapng
accepts 'pcapng with blocks of all kinds, sections and link types' '6 packets: 6 XT_CONTINUE' run pass.lua all.pcapng -w out.pcapng
contains 'is counted' '7 written, 1 passed untouched' "$out"
holds 'is written as it was' same_file all.pcapng out.pcapng
go run dnat.lua all.pcapng -v -q
is 'each packet has its own link layer' '48 34 48 46 49 49 5' "$(awk '{ print $(NF < 8 ? 5 : 6) }' out | paste -s -d ' ')"
go run dnat.lua all.pcapng -w out.pcapng
is 'packets that were changed are as long as they were' "$(wc -c <all.pcapng)" "$(wc -c <out.pcapng)"
is 'and have the new address' 6 "$(packets out.pcapng | grep -c '0a00000102010101')"
is 'and all else is as it was' "$(packets all.pcapng | cut -d ' ' -f 1-3)" "$(packets out.pcapng | cut -d ' ' -f 1-3)"
cat >udp.lua <<'END'
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip)
  return ip and ip:data(packet_udp) and NF_ACCEPT or NF_DROP
end
END
go run udp.lua all.pcapng -w out.pcapng
is 'packets that are dropped are not there' "$(packets all.pcapng | grep -e 03e80035 -e ' 0102030405$')" "$(packets out.pcapng)"
is 'but comments are' 3 "$(grep -ac 'a comment that stays' out.pcapng)"
trouble 'pcapng of two link types that becomes pcap' 'out.pcap: after 1 packet: one of link type 101, and all of a pcap have the same, here 1' \
	run pass.lua all.pcapng -w out.pcap
rm -f out.pcap
bytes "$(block 0x0a0d0d0a "$(le32 0x1a2b3c4d) 01000000 6400000000000000") $(interface 1) $(enhanced "$ether$udp")" >long.pcapng
go run pass.lua long.pcapng -w out.pcapng
holds 'a section does not tell its length any more' same_file in.pcapng out.pcapng
bytes "0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c" \
	"00000001 00000014 00010000 00040000 00000014" \
	"00000006 00000050 00000000 $(be32 $((1700000000123456 >> 32))) $(be32 $((1700000000123456 & 0xffffffff))) 00000030 00000030 $ether$udp 00000050" >big.pcapng
go run pass.lua big.pcapng -w out.pcapng
holds 'pcapng of a big-endian host' same_file big.pcapng out.pcapng
is 'is read' "$(packets big.pcapng)" "1 1700000000.123456000 48 $ether$udp"
go run pass.lua big.pcapng -w out.pcap
holds 'and becomes pcap' same_file micro.pcap out.pcap
bytes "$(section) $(interface 1 '0e00 0800 0a00000000000000 0900 0100 8a000000') $(enhanced "$ether$udp" 0 $((1700000000 * 1024 - 10240 + 512)))" >offset.pcapng
go run pass.lua offset.pcapng -w out.pcap
is 'times of other units, and from another time on' '1700000000.500000000' "$(packets out.pcap | cut -d ' ' -f 2)"
bytes "$(section) $(block 1 "0100 0000 $(le32 20)") $(enhanced "$ether$udp")" >snap.pcapng
go run pass.lua snap.pcapng -w out.pcapng
holds 'a packet longer than its interface says is kept' same_file snap.pcapng out.pcapng
bytes "$(section) $(block 1 "0100 0000 $(le32 20)") $(block 3 "$(le32 48) ${ether}45000022 0001")" >cut.pcapng
accepts 'a simple packet is as long as its interface says' '1  eth 20' run pass.lua cut.pcapng -v
contains 'and counts as captured in part' '1 captured in part only' "$out"
bytes "$(section)" >empty.pcapng
accepts 'pcapng without packets' '0 packets' run pass.lua empty.pcapng -w out.pcapng
holds 'is written' same_file empty.pcapng out.pcapng
accepts 'also as pcap' '0 packets' run pass.lua empty.pcapng -w out.pcap
is 'which is a header' 24 "$(wc -c <out.pcap)"

# malformed TEXT REASON OFFSET HEX…: a packet, and then this
malformed() {
	local text=$1 why=$2 at=$3
	shift 3
	bytes "$(section) $(interface 1) $(enhanced "$ether$udp") $*" >bad.pcapng
	trouble "$text" "bad.pcapng: after 1 packet: $why (at byte $at)" run pass.lua bad.pcapng
	go run pass.lua bad.pcapng -q -w out.pcapng
	holds "$text: what was before is written" same_file <(head -c "$at" bad.pcapng) out.pcapng
}
malformed 'a block shorter than its header' 'a block whose length is less than that of its header' 128 '06000000 08000000 00000000'
malformed 'a block of no length' 'a block whose length is less than that of its header' 128 '06000000 00000000 00000000'
malformed 'a block of an odd length' 'a block whose length is no multiple of four' 128 '06000000 0d000000 00000000 00'
malformed 'a block of all lengths' 'a block larger than 128 MiB' 128 '06000000 fcffffff 00000000'
malformed 'a block that ends too early' 'the file is truncated' 128 '06000000 20000000 00000000'
malformed 'a block of which there is a part of the header' 'the file is truncated' 128 '060000'
malformed 'a block of two lengths' 'a block with another length at its end than at its beginning' 128 '0a000000 0c000000 10000000'
malformed 'a packet without room for its header' "a packet's block that is too short" 128 "$(block 6 00000000)"
malformed 'an old packet without room for its header' "a packet's block that is too short" 128 "$(block 2 00000000)"
malformed 'a simple packet without room for its header' "a packet's block that is too short" 128 "$(block 3 '')"
malformed 'a packet longer than its block' 'a packet that is longer than its block' 128 "$(block 6 "$(le32 0) $(le32 0) $(le32 0) $(le32 5) $(le32 5) 00000000")"
malformed 'a packet of all lengths' 'a packet that is longer than its block' 128 "$(block 6 "$(le32 0) $(le32 0) $(le32 0) ffffffff ffffffff 00000000")"
malformed 'an old packet longer than its block' 'a packet that is longer than its block' 128 "$(block 2 "$(le32 0) $(le32 0) $(le32 0) $(le32 5) $(le32 5) 00000000")"
malformed 'a simple packet longer than its block' 'a packet that is longer than its block' 128 "$(block 3 "$(le32 5) 00000000")"
malformed 'a packet of an interface that is none' 'a packet of an interface that there is not' 128 "$(enhanced "$ether$udp" 1)"
malformed 'an old packet of an interface that is none' 'a packet of an interface that there is not' 128 "$(old "$ether$udp" 1)"
malformed 'an interface that is too short' "an interface's block that is too short" 128 "$(block 1 '01000000')"
malformed 'an option that is too long' "an interface's option that is longer than its block" 128 "$(interface 1 '0900 0500 00000000')"
malformed 'an option of all lengths' "an interface's option that is longer than its block" 128 "$(interface 1 '0900 ffff 00000000')"
malformed 'times that are too fine' 'an interface whose times are finer than can be told' 128 "$(interface 1 '0900 0100 14000000')"
malformed 'times that are too fine, and no more options' 'an interface whose times are finer than can be told' 128 \
	"$(interface 1 '0900 0100 14000000 0000 0000')"
malformed 'times that are much too fine' 'an interface whose times are finer than can be told' 128 "$(interface 1 '0900 0100 ff000000')"
malformed 'a section without an order' 'no section of pcapng begins here' 128 "$(block 0x0a0d0d0a "00000000 01000000 ffffffffffffffff")"
malformed 'a section that is too short' "a section's block that is too short" 128 "$(block 0x0a0d0d0a "$(le32 0x1a2b3c4d)")"
malformed 'a packet in a section without interfaces' 'a packet of an interface that there is not' 156 "$(section) $(enhanced "$ether$udp")"
malformed 'a simple packet without an interface' 'a packet of an interface that there is not' 156 "$(section) $(simple "$ether$udp")"
malformed 'a version that is not known' 'a version of pcapng that is not known' 128 "$(block 0x0a0d0d0a "$(le32 0x1a2b3c4d) 02000000 ffffffffffffffff")"
head -c $(($(wc -c <in.pcapng) - 6)) in.pcapng >cut.pcapng
trouble 'pcapng that is cut' 'cut.pcapng: after 0 packets: the file is truncated (at byte 48)' run pass.lua cut.pcapng
two="$(interface 101) $(interface 1)" many=
for ((i = 0; i < 300; i += 2)); do many+=$two; done
bytes "$(section) $many $(enhanced "$udp" 0) $(enhanced "$ether$udp" 299)" >interfaces.pcapng
accepts 'many interfaces' "2  $line 48" run pass.lua interfaces.pcapng -v

#
# Captures that are compressed.
#
for packer in gzip zstd; do
	if ! have $packer; then
		skip "captures by $packer" 'not installed'
		continue
	fi
	for name in in.pcap all.pcapng; do
		$packer -c $name >packed
		go run pass.lua packed -w "out.${name##*.}"
		holds "$name by $packer" same_file $name "out.${name##*.}"
		$packer -c $name | "$program" run pass.lua - -w - >out 2>err
		holds "$name by $packer, from a pipe" same_file $name out
		head -c $(($(wc -c <packed) - 5)) packed >cut-packed
		trouble "$name by $packer that is cut" 'what is compressed is truncated' run pass.lua cut-packed
	done
	{ head -c 100 in.pcap | $packer -c; tail -c +101 in.pcap | $packer -c; } >packed
	go run pass.lua packed -w out.pcap
	holds "a capture by $packer, twice" same_file in.pcap out.pcap
	{ $packer -c slow.pcap | head -c 60; head -c 400 /dev/zero | tr '\0' '\377'; } >packed
	go run pass.lua packed
	is "a capture by $packer that is malformed" '2 1' "$status $(grep -c . err)"
	go run pass.lua slow.pcap -w out.pcap
	$packer -c slow.pcap >packed
	go run pass.lua packed -w out2.pcap
	holds "a larger capture by $packer" same_file out.pcap out2.pcap
	rm -f out2.pcap
	# a file that unpacks to very much is nothing to fear: it is no capture, or has an end
	{ bytes "$(pcap 1)"; head -c 100000000 /dev/zero; } | $packer -c >packed
	go run pass.lua packed -n 100000 -q
	is "what $packer made very small" '0 ' "$status $err"
done
trouble 'what is written is not compressed' 'out.pcap.gz: what is written is not compressed; give -w -' run pass.lua in.pcap -w out.pcap.gz
holds 'and not made' test ! -e out.pcap.gz

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
	$'2 packetscript: standard output: Bad file descriptor\npacketscript: out2.pcap: not written: the report could not be written either' "$? $(<err)"

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
		why='the run was stopped, and packets would be missing'
		[ $target != place.pcap ] || why='it is the capture that was read, and would be replaced by a part of it'
		is "SIG$signal, -w $target: and what became of it" "packetscript: $target: not written: $why" "$(tail -n +2 err)"
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
	done < <("$program" protocols $proto | sed -n '/^bit width/,/^$/{/^ /p}' | grep -v -e ' data ' -e 'a part of')
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

# a packet that begins with what no protocol of ours is, or carries it, is called by its name
# named LINE LINK_TYPE HEX
named() {
	bytes "$(pcap "$2")" "$(record "$3")" >named.pcap
	accepts "-v: $1" "1  $1  XT_CONTINUE" run pass.lua named.pcap -v
}
named 'arp 42' 1 "${ether%0800}0806 0001080006040001 020000000001 0a000001 000000000000 0a000002"
named "$line 52" 1 "${ether%0800}8100 0007 0800 $udp"
named "$line 52" 1 "${ether%0800}8847 00064140 $udp"
named 'pppoe 56' 1 "${ether%0800}8863 11090000 000c 0021 $udp"
named '10.0.0.1:1000 > 10.0.0.2:53 dns 61' 1 "$ether 4500002f 00000000 4011 0000 0a000001 0a000002 03e80035 001b0000 000101000001000000000000 016100 00010001"
named '10.0.0.1:1000 > 10.0.0.2:54 udp 61' 1 "$ether 4500002f 00000000 4011 0000 0a000001 0a000002 03e80036 001b0000 000101000001000000000000 016100 00010001"
named 'lldp 16' 1 "${ether%0800}88cc 0000"
named 'llc 17' 1 "${ether%0800}0003 424203"
named 'eth 16' 1 "${ether%0800}fffe 0000"
named 'eth 14' 1 "$ether"
named '[2001:db8::1]:1000 > [2001:db8::2]:53 udp 68' 1 "${ether%0800}86dd $udp6"
named 'eth 53' 1 "${ether%0800}86dd ${udp6::78}"
named '10.0.0.1 > 10.0.0.2 gre 34' 101 "${udp/401166c8/402f66aa}"
named '10.0.0.1 > 10.0.0.2 ip 34' 101 "${udp/401166c8/40fd65dc}"
named 'unknown 1' 101 00

#
# Verdicts, and the options that decide about them.
#
for options in '' '-v' '-v --json'; do
	# shellcheck disable=SC2086 # options are words
	"$program" run pass.lua in.pcap --verdicts - $options >out 2>err
	is "--verdicts - $options: exit code" 0 $?
	is "--verdicts - $options: standard output has them, and nothing else" '5 XT_CONTINUE' "$(sort out | uniq -c | sed 's/^ *//')"
	contains "--verdicts - $options: the report goes to standard error" 5 "$(tail -n 2 err)"
done
is '--verdicts - of a capture from standard input' '5 XT_CONTINUE' "$("$program" run pass.lua - --verdicts - <in.pcap 2>err | sort | uniq -c | sed 's/^ *//')"
trouble '--verdicts - and -w -' '--verdicts -: packets go to standard output' run pass.lua in.pcap --verdicts - -w -
is 'standard output is full: --verdicts -' $'packetscript: standard output: No space left on device\n2' \
	"$("$program" run pass.lua slow.pcap -q --verdicts - 2>&1 >/dev/full; echo $?)"
seen=$( { "$program" run pass.lua slow.pcap -q --verdicts - | head -c 1 | wc -c; echo "${PIPESTATUS[0]}"; } 2>&1 | paste -s -d ' ')
is 'nobody reads the rest: --verdicts -' '1 141' "$seen"

# what a handler takes is processor time, not that of who waits for packets or for a processor
cat >busy.lua <<'END'
function process_packet(p) for i = 1, 100000 do end return NF_ACCEPT end
END
{ head -c 24 slow.pcap; head -c 6424 slow.pcap | tail -c +25; } >hundred.pcap
took() { "$program" run busy.lua hundred.pcap --json | sed 's/.*per_packet":\([0-9]*\).*/\1/'; }
alone=$(took)
workers=()
for ((i = 0; i < 4 * $(nproc); i++)); do while :; do :; done & workers+=($!); done
beside=$(took)
kill "${workers[@]}"
wait "${workers[@]}" 2>/dev/null
echo "# a handler takes $alone ns alone, $beside ns where four others want each processor"
holds 'a handler takes what it takes, also on a busy machine' test "$beside" -lt $((alone * 3))

for row in 'accept NF_ACCEPT 5' 'drop NF_DROP 0' 'stolen NF_STOLEN 0' 'queue NF_QUEUE 5' 'returns XT_RETURN 5' \
	'process_packet XT_CONTINUE 5'; do
	read -r function verdict written <<<"$row"
	accepts "$verdict is counted" "5 packets: 5 $verdict" run pass.lua in.pcap -f "$function" -w out.pcap --verdicts verdicts
	contains "$verdict: $written are written" ", $written written" "$out"
	is "$verdict: in --verdicts" "5 $verdict$([ "$function" != queue ] || echo ' 5')" "$(sort verdicts | uniq -c | sed 's/^ *//')"
done
go run pass.lua in.pcap -f again
contains 'NF_REPEAT ends some time' '5 times: pass.lua:7: the handler returned NF_REPEAT 8 times in a row' "$out"
for row in ' 0' 'drop 0' 'accept 5' 'continue 5'; do
	read -r verdict written <<<"${row/#  / }"
	case $row in ' '*) written=0 verdict='' ;; esac
	go run pass.lua in.pcap -f fails -w out.pcap ${verdict:+--on-error $verdict} --verdicts verdicts
	is "--on-error ${verdict:-is drop}" "1 $written 5 error pass.lua:8: on purpose" \
		"$status $(grep -o '[0-9]* written' out | cut -d ' ' -f 1) $(sort verdicts | uniq -c | sed 's/^ *//')"
done

# --- what a handler is given, and matches
cat >given.lua <<'END'
function ttl(p) if p then p.ttl = 9 end return NF_ACCEPT end
function mac(p) p:data(packet_eth).smac = "02:00:00:00:00:99" return p:data(packet_ip) and NF_ACCEPT or NF_DROP end
function match_packet(p) local ip = p:data(packet_eth):data(packet_ip) return ip and ip.protocol == 17 end
function match_ip(p) return p ~= nil and p.protocol ~= 17 end
function writes(p) p:data(packet_eth).type = 2 end
function says_1(p) return 1 end
END
go run given.lua in.pcap -f ttl --object ip --verdicts -
is '--object ip gives the IP header, or nil' "$(printf 'NF_ACCEPT\n%.0s' 1 2 3 4 5)" "$out"
contains '--object ip writes like any other view' '4 changed' "$err"
go run given.lua in.pcap -f mac --object eth --verdicts -
is '--object eth gives the link layer' "$(printf 'NF_ACCEPT\n%.0s' 1 2 3 4; echo NF_DROP)" "$out"
go run given.lua in.pcap -f ttl --object ip6 --verdicts -
contains '--object ip6' '0 changed' "$err"
trouble '--object with another name' '--object tcp: give raw, eth, arp, ip or ip6' run given.lua in.pcap --object tcp
go run given.lua in.pcap --match -w matched.pcap
is 'a match says which packets match, and -w has them' \
	$'5 packets: 2 match, 3 no match\n0 changed, 2 written' "$(sed 's/;.*//' <<<"$out")"
go run given.lua matched.pcap --match --verdicts -
is 'just those' $'match\nmatch' "$out"
go run given.lua in.pcap --match -f match_ip --object ip --verdicts -
is 'a match with --object' $'no match\nno match\nmatch\nmatch\nno match' "$out"
go run given.lua in.pcap --match -f match_ip --object ip --json
contains 'a match in JSON' '"verdicts":{"match":2,"no match":3}' "$(tr -d ' ' <<<"$out" | sed 's/nomatch/no match/')"
for verdict in continue drop; do
	go run given.lua in.pcap --match -f writes -w out.pcap --on-error $verdict
	is "a match writes nothing, --on-error $verdict" \
		$'1 5 packets: 5 error\n5 times: given.lua:5: the packet is read-only: a match says whether it is one of those it looks for, and only a target may change it\n0 changed, 0 written' \
		"$status $(sed 's/;.*//' <<<"$out")"
done
go run given.lua in.pcap --match -f says_1
contains 'a match says true or false' '5 times: given.lua:6: the handler returned 1, which is neither true nor false' "$out"
trouble 'reload: the number of a state' '--state x: give a number from 0 to 4294967295' reload --state x
trouble 'reload: an operand as well as the option' '7: --state 5 says already what is to be reloaded' reload 7 --state 5
trouble 'reload: an operand that cannot be a state' 'give a number from 0 to 4294967295' reload 4294967296
trouble 'reload: a script that is not there' './no.lua: No such file or directory' reload ./no.lua --watch
trouble 'trace: a filter that is none' 'udp prot 53: is no filter: can' trace 3 udp prot 53
trouble 'trace: a script that is not there' './no.lua: No such file or directory' trace ./no.lua
trouble 'trace: a state that cannot be' '4294967296: states have numbers from 0 to 4294967295' trace 4294967296
trouble 'trace: a count that is none' '--count 0: give' trace -n 0
trouble 'trace: two to one place' '--json and --write - would both write to standard output' trace --json -w -
trouble 'reload: a namespace that is not there' 'network namespace ./nowhere: No such file or directory' reload --netns ./nowhere
# whether the module is loaded, and who calls, is not this test's to say: there is no such state in any case
trouble 'reload: a state that is not there' '' reload --state 4294967295
trouble 'top: no terminal' "top needs a terminal; 'packetscript stats --watch 1' prints lines" top
trouble 'attach: no hook' '--hook is missing: give one of prerouting' attach pass.lua
trouble 'attach: a hook that the family does not have' '--hook forward: the family arp has input, output' attach pass.lua --family arp --hook forward
trouble 'attach: a family' '--family ipv4: give one of ip ip6 inet' attach pass.lua --hook input --family ipv4
trouble 'attach: a priority' '--priority out: is no number, and no name of a priority of the family ip' attach pass.lua --hook input -p out
trouble 'attach: a verdict' '--on-error queue: give drop, accept or continue' attach pass.lua --hook input --on-error queue
trouble 'attach: no script' 'nowhere.lua: No such file or directory' attach nowhere.lua --hook input
trouble 'detach: none there' '' detach nowhere.lua

# what is restored when the machine starts
mkdir conf
cp pass.lua 'a $b.lua'
cat >conf/good.conf <<END

# for people
attach $work/pass.lua --hook prerouting --priority dstnat	# and this
	attach  '$work/a \$b.lua' --hook in"pu"t --family inet -f accept --percpu --memory 2M
attach "$work/a \\\$b.lua" --hook ingress --dev eth0 --state 7 --on-error continue --object raw
attach --hook egress -d eth0 -- $work/pass.lua
END
printf 'attach %s --hook input' "$work/pass.lua" >conf/no-newline.conf
echo 'no line' >conf/.hidden.conf
echo 'no line' >conf/saved.conf~
accepts 'restore: lines that are as they should be' '' restore --check conf
accepts 'restore: a file' '' restore --check conf/no-newline.conf
# line TEXT PART LINE
line() {
	printf '# one\n%s\n' "$3" >line.conf
	refuses 2 "restore: $1" "$work/line.conf:2: $2" restore --check line.conf
}
line 'an option that is none' "unrecognized option '--frob'" "attach $work/pass.lua --hook input --frob"
line 'an option without its argument' "option '--hook' requires an argument" "attach $work/pass.lua --hook"
line 'no hook' '--hook is missing' "attach $work/pass.lua"
line 'a hook of another family' '--hook forward: the family arp has' "attach $work/pass.lua --hook forward --family arp"
line 'a priority' '--priority out: is no number' "attach $work/pass.lua --hook input -p out"
line 'no script' 'attach: SCRIPT is missing' 'attach --hook input'
line 'two scripts' "attach: '$work/pass.lua' is one argument too many" "attach $work/pass.lua $work/pass.lua --hook input"
line 'a script that is not there' "$work/nowhere.lua: No such file" "attach $work/nowhere.lua --hook input"
mkfifo pipe.lua
line 'a script that is a pipe' "$work/pipe.lua: is no file" "attach $work/pipe.lua --hook input"
line 'a script that is a folder' "$work/conf: is no file" "attach $work/conf --hook input"
line 'a path from somewhere' 'pass.lua: give the whole path' 'attach pass.lua --hook input'
line 'another command' "'detach': a line begins with attach" "detach $work/pass.lua"
line 'help' '--help: is no option of a line' 'attach --help'
line 'an open quote' 'a quote is not closed' "attach '$work/pass.lua --hook input"
line 'too many words' 'has too many words' "attach$(printf ' %s' {1..64})"
go restore --check line.conf conf
is 'restore: what is wrong is told once, of all files' "2 packetscript: $work/line.conf:2: has too many words" "$status $err"
printf '# one\n\nattach %s --hook input\nattach %s\nattach %s --hook input --frob\n' "$work"/{pass,pass,pass}.lua >json.conf
go restore --check --json json.conf nowhere.conf conf/no-newline.conf
is 'restore --json: a line for each that has words, and for what cannot be read' "2 {\"place\":\"nowhere.conf\",\"line\":null,\"done\":false,\"error\":\"nowhere.conf: No such file or directory\"}
{\"place\":\"$work/json.conf:3\",\"line\":\"attach $work/pass.lua --hook input\",\"done\":true,\"error\":null}
{\"place\":\"$work/json.conf:4\",\"line\":\"attach $work/pass.lua\",\"done\":false,\"error\":\"--hook is missing: give one of prerouting input forward output postrouting ingress egress tc-ingress tc-egress xdp\"}
{\"place\":\"$work/json.conf:5\",\"line\":\"attach $work/pass.lua --hook input --frob\",\"done\":false,\"error\":\"unrecognized option '--frob'\"}
{\"place\":\"$work/conf/no-newline.conf:1\",\"line\":\"attach $work/pass.lua --hook input\",\"done\":true,\"error\":null}" "$status $out"
holds 'as its schema' "$top/tests/schema" restore out
printf 'attach\0' >zero.conf
trouble 'restore: no text' "$work/zero.conf: is no text" restore --check zero.conf
trouble 'restore: a device' '/dev/null: is no file' restore --check /dev/null
trouble 'restore: a file that is not there' 'nowhere.conf: No such file' restore --check nowhere.conf
trouble 'restore: how long' '--wait 3601: give a number from 0 to 3600' restore --wait 3601
trouble 'restore: two things at once' '--check, --detach and --reload: give one' restore --check --detach conf
trouble 'restore: two others' '--check, --detach and --reload: give one' restore --reload --detach conf
for mode in g+w o+w; do
	chmod $mode conf/good.conf
	trouble "restore: a file, chmod $mode" "$work/conf/good.conf: others can write to it" restore --check conf/good.conf
	chmod go-w conf/good.conf
	chmod $mode conf
	trouble "restore: a folder, chmod $mode" 'conf: others can write to it' restore --check conf
	chmod go-w conf
done
trouble 'attach --persist: a line has no room' 'cannot be written down' attach pass.lua --hook input --persist --function $'a\nb'
trouble 'attach --persist: a namespace from somewhere' '--netns ./ns: with --persist' attach pass.lua --hook input --persist --netns ./ns
if have systemd-analyze; then
	sed "s|@SBINDIR@/packetscript|$program|" "$top/cli/packetscript.service" >packetscript.service
	is 'systemd has nothing to say about the service' '' "$(systemd-analyze verify --man=no "$PWD/packetscript.service" 2>&1)"
else
	skip 'systemd has nothing to say about the service' 'not installed'
fi

trouble 'a match that fails accepts nothing' '--on-error accept: a match that fails accepts no packet; give drop or continue' \
	run given.lua in.pcap --match --on-error accept
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
	holds "$arguments --json is as its schema" "$top/tests/schema" "${arguments%% *}" out
	is "$arguments --json is ASCII" '' "$(LC_ALL=C tr -d '\177' <out | LC_ALL=C grep '[^ -~]')"
done
for damage in 's/"packets"/"packet"/' 's/"other_errors":[0-9]*,//' 's/}$/,"more":1}/' 's/"packets":5/"packets":"5"/'; do
	go run pass.lua in.pcap --json
	sed "$damage" out >damaged
	result=held
	"$top/tests/schema" run damaged >said || result=refused
	is "it would not be: $damage" refused "$result"
done
go run pass.lua in.pcap --json -v -f fails -w out.pcap --on-error accept
holds 'so are errors' "$top/tests/schema" run out
is '--json -v: an object for a packet' \
	'{"packet":1,"summary":"10.0.0.1:1000 > 10.0.0.2:53 udp 48","verdict":"error","changes":[],"error":"pass.lua:8: on purpose"}' \
	"$(head -n 1 out)"
is '--json: the summary' \
	'{"packets":5,"verdicts":{"error":5},"errors":[{"count":5,"error":"pass.lua:8: on purpose"}],"other_errors":0,"changed":0,"truncated":0,"untouched":0,"nanoseconds_per_packet":N,"sent":0,"written":5}' \
	"$(tail -n 1 out | sed 's/\(per_packet":\)[0-9]*/\1N/')"
cat >counts.lua <<'END'
function process_packet(p) nf.count "seen" nf.count("bytes", p:len()) return NF_ACCEPT end
END
go run counts.lua in.pcap
contains 'what the script has counted' $'5 packets: 5 NF_ACCEPT\nseen 5\nbytes ' "$out"
go run counts.lua in.pcap --json
contains 'in JSON, too' '"verdicts":{"NF_ACCEPT":5},"counters":{"seen":5,"bytes":' "$out"
holds 'as its schema' "$top/tests/schema" run out
cat >counts_test.lua <<'END'
test("counts", function()
  local s = script "counts.lua"
  for _ = 1, 3 do s.process_packet(packet.udp{}) end
  equal(counter(s, "seen"), 3)
  equal(counter(s, "never"), 0)
  equal(counter(s, "bytes"), 2)
end)
END
go test counts_test.lua
contains 'tests can ask for it' 'expected 2' "$out$err"
cat >says_test.lua <<'END'
print("before")
test("says", function() print("a", 1) print("b\n\xff") end)
test("fails \xff", function() equal({ 1 }, { 2 }) end)
test("says nothing", function() end)
print("after")
END
cp says_test.lua again_test.lua
go test --json says_test.lua again_test.lua
is 'test --json: what the next file prints is its own' '["state 0: again_test.lua:1: before","state 0: again_test.lua:2: a\t1","state 0: again_test.lua:2: b\\x0a\\xff"]' \
	"$(sed -n 's/.*again_test.*"says",.*"printed":\(.*\)}/\1/p' out)"
go test --json says_test.lua
is 'test --json: an object for each test, with what it has printed, and a count' '1
{"test":1,"file":"says_test.lua","name":"says","passed":true,"error":null,"printed":["state 0: says_test.lua:1: before","state 0: says_test.lua:2: a\t1","state 0: says_test.lua:2: b\\x0a\\xff"]}
{"test":2,"file":"says_test.lua","name":"fails ?","passed":false,"error":"says_test.lua:3: [1]: got 1, expected 2","printed":[]}
{"test":3,"file":"says_test.lua","name":"says nothing","passed":true,"error":null,"printed":[]}
{"file":"says_test.lua","printed":["state 0: says_test.lua:5: after"]}
{"passed":2,"failed":1}' "$status"$'\n'"$out"
holds 'as its schema' "$top/tests/schema" test out
go test --json --list says_test.lua
is 'test --json --list' '0 {"file":"says_test.lua"}' "$status $out"
holds 'as its schema' "$top/tests/schema" test out
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
# lines that are none of the script: what editors and shells want to see at its beginning
mark=$'\xef\xbb\xbf'
for first in "$mark" '#!/usr/bin/env -S packetscript run' "$mark#!/usr/bin/lua" '# a comment'; do
	name="a script that begins with $(printf %q "$first")"
	case $first in *'#'*) lines=$first$'\n' n=3 ;; *) lines=$first n=2 ;; esac
	lua "${lines}function process_packet(p)
	error('here') end"
	go run script.lua in.pcap -n 1
	contains "$name" "1 time: script.lua:$n: here" "$out"
	go check script.lua
	is "$name can be checked" '0 1 script: 1 handler, 0 errors, 0 warnings' "$status $err"
	lua "${lines}x = = 1"
	fault "$name has errors where they are" "script.lua:$((n - 1)): unexpected symbol" run script.lua in.pcap
	go check -q script.lua
	contains "$name has errors where they are, says check" "script.lua:$((n - 1)): error: " "$out"
	printf '%stest("t", function() error("here") end)\n' "$lines" >begin_test.lua
	go test begin_test.lua
	contains "$name may be a test" "begin_test.lua:$((n - 1)): here" "$out"
done
lua "$mark#!x"
fault 'a script that is nothing else' "script.lua: no function 'process_packet'" run script.lua in.pcap
printf '\xef\xbb' >script.lua
fault 'half a mark' "script.lua:1: unexpected symbol" run script.lua in.pcap
printf '\n#!x\n' >script.lua
fault 'such a line that is not the first' "script.lua:2: unexpected symbol near '#'" run script.lua in.pcap
printf '#!x\n\033Lua' >script.lua
fault 'a binary chunk behind such a line' 'script.lua:2: ' run script.lua in.pcap
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
for table in $("$program" types --table none 2>&1 | sed 's/.*there are //; s/,//g; s/ and / /'); do "$program" types --table "$table"; done >tables
is 'types has each method and function that tables list' '' "$(comm -13 <("$program" types | sed -n 's/^---@field \([a-z0-9_]*\) fun(.*/\1/p' | sort -u) \
	<(sed -n 's/^| `[a-z]*[.:]\([a-z0-9_]*\)(.*/\1/p' tables | grep -vx field | sort -u))"
holds 'which are many' test "$(wc -l <tables)" -gt 30
is 'and each has owners' '' "$(grep -F '| ? |' tables)"
methods_of() { "$program" types | sed -n "/^---@class $1:/,/^\$/ s/^---@field \([a-z_]*\) fun.*/\1/p" | paste -sd ' '; }
is 'an IPv4 address has an integer' 'get int set' "$(methods_of ps.address_field)"
is 'an IPv6 address has none' 'get set' "$(methods_of ps.wide_address_field)"
"$program" types | sed -n '/^---@class ps.view/,/^$/ s/^---@field \([a-z_]*\) fun.*/\1/p' >methods
lua "function process_packet(p) for name in ('$(paste -sd ' ' methods)'):gmatch('%S+') do if not p[name] then error(name) end end return NF_ACCEPT end"
go run script.lua in.pcap -n 1
is 'methods in types are methods' '0 ' "$status $err"

"$top/scripts/reference" "$top/docs/language.md" "$program" >language.md
is 'what people wrote there of protocols is so' '' "$("$top/tests/cli/reference" "$top/docs/language.md" "$program" 2>&1)"
for change in 's/^| `ttl` | 64 | 8 |/| `ttl` | 64 | 9 |/' 's/^| `ttl` | 64/| `ttl` | 65/' '/^| `ttl`/d' 's/`vid`/`vlan_id`/' \
	's/(8 bytes)/(9 bytes)/' 's/^Payloads: `packet_icmp`/Payloads:/' 's/^| `packet_raw packet_eth /| `packet_raw /' '/^### `packet_dns`/d'; do
	sed "$change" "$top/docs/language.md" >changed.md
	holds "a difference is told: $change" test -n "$("$top/tests/cli/reference" changed.md "$program" 2>&1)"
done
is "docs/language.md has the tables of today ('make reference')" '' "$(diff "$top/docs/language.md" language.md)"
for table in views arrays sets nf shared flows ct; do
	holds "there is a table of $table in it" grep -qx "<!-- packetscript types --table $table -->" language.md
done
trouble 'a table of something else' '--table headers: there are views, arrays, sets, nf, shared, flows and ct' types --table headers

# The clock goes by time stamps: of other units, in the wrong order, and where they are no times.
lua 'local loaded = nf.get_time("ns")
function process_packet(p) print(nf.get_time("ns") - loaded) return NF_ACCEPT end'
times() { go run script.lua "$1" && sed 's/.*: //' <<<"$err" | paste -sd ' '; }
second=1700000000
bytes "$(section) $(interface 1 '0900 0100 09000000 0000 0000') $(interface 1) $(interface 1 '0900 0100 bf000000 0e00 0800 00e1f505 00000000 0000 0000') \
	$(enhanced "$ether$udp" 0 ${second}000000123) $(enhanced "$ether$udp" 0 $((second + 1))500000123) $(enhanced "$ether$udp" 0 $((second + 1))000000000) \
	$(enhanced "$ether$udp" 1 $((second + 3600))000001) $(simple "$ether$udp") $(enhanced "$ether$udp" 2 -1)" >times.pcapng
is 'the clock of scripts goes by time stamps' '0 1500000000 1500000000 3600000000877 3600000000877 3600000000877' "$(times times.pcapng)"
bytes "$(section) $(interface 1 '0900 0100 bf000000 0000 0000') $(interface 1 '0e00 0800 ffffffff ffffff7f 0000 0000') $(interface 1 '0e00 0800 00000000 00000080 0000 0000') \
	$(interface 1 '0900 0100 00000000 0000 0000') $(enhanced "$ether$udp" 2 5) $(enhanced "$ether$udp" 0 -1) $(enhanced "$ether$udp" 3 -1) $(enhanced "$ether$udp" 1 0)" >times.pcapng
is 'which may be any' '0 1999999999 6307200000000000000 6307200000000000000' "$(times times.pcapng)"
lua 'function process_packet(p) nf.log("warning", "a", 1, "\27") nf.log(7) print("b") return NF_ACCEPT end'
go run script.lua in.pcap -n 1
is 'lines of the log begin with their level' $'warning: state 0: script.lua:1: a\t1\t\\x1b\ndebug: state 0: script.lua:1: \nstate 0: script.lua:1: b' "$err"

# What a script sends is written behind the packet, with its time and link layer.
lua 'local answer = "\x45\0\0\0\0\7\0\0\x40\xFD\0\0\10\0\0\2\10\0\0\1answer"
function process_packet(p)
  nf.create_packet(nil, answer)
  nf.send{ "frame", link = ("\2"):rep(12) .. "\x88\xB5", dev = "eth0" }
  nf.send{ answer, link = ("\2"):rep(12) .. "\x08\0", dev = "eth0" }
  return NF_ACCEPT
end'
answer=4500001a0007000040fd65de0a0000020a000001616e73776572
plain="1 1700000000.123456000 40 0000000000000000000000000800$answer"
frames="1 1700000000.123456000 19 02020202020202020202020288b56672616d65"$'\n'"1 1700000000.123456000 40 0202020202020202020202020800"
bytes "$(pcap 1) $(record "$ether$udp")" >one.pcap
for to in pcap pcapng; do
	go run script.lua one.pcap -v -w out.$to
	contains "what is sent is shown: $to" $'\nsent  10.0.0.2 > 10.0.0.1 ip 26\nsent  eth 19\nsent  10.0.0.2 > 10.0.0.1 ip 40\n' "$out"
	contains 'and counted' ', 4 written, 3 sent;' "$out"
	is "and written: $to" "$(packets one.pcap)"$'\n'"$plain"$'\n'"${frames}4500001a0000000040fd65e50a0000020a000001616e73776572" \
		"$(packets out.$to | sed 's/45000000000700004*/45&/; s/0202080045.*/020208004500001a0000000040fd65e50a0000020a000001616e73776572/')"
done
bytes "$(section) $(interface 101) $(interface 113 '0900 0100 09000000 0000 0000') $(interface 9) $(enhanced "$udp") \
	$(enhanced "00000001000600000000000000000800$udp" 1 1700000000123456789) $(enhanced "0021$udp" 2)" >links.pcapng
go run script.lua links.pcapng -w out.pcapng
is 'in each link layer' "101 1700000000.123456000 26 $answer"$'\n'"113 1700000000.123456789 42 00040001000000000000000000000800$answer" \
	"$(packets out.pcapng | grep -v "$udp" | grep -v 4500000000)"
contains 'or not, which is said' '9 sent, 5 of these not written: no frame of this link type is made of them' "$out"
bytes "$(order=be; pcap 101; record "$udp")" >big.pcap
go run script.lua big.pcap -w out.pcap
is 'in the byte order of the capture' "$(packets big.pcap)"$'\n'"101 1700000000.123456000 26 $answer" "$(packets out.pcap | grep -v 4500000000)"
go run script.lua one.pcap --json
contains 'and JSON has the number' '"sent":3' "$out"

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
TIMEFORMAT=%U
cpu=$( { time "$program" run --packet-ms 700 script.lua in.pcap -n 1 >out 2>err; } 2>&1)
contains 'the limit may be another: it ends, too' '1 time: script.lua:1: time limit' "$(<out)"
holds "and not before (it took $cpu s)" test "${cpu/./}" -ge 600
go run --packet-ms 19 script.lua in.pcap
is 'and has a limit' '2 packetscript: --packet-ms 19: give a number from 20 to 3600000' "$status $err"
lua 'while true do end'
cpu=$( { time "$program" run --load-ms 700 script.lua in.pcap >out 2>err; } 2>&1)
contains 'so may that of loading' 'script.lua:1: time limit' "$(<err)"
holds "which is over later, too (it took $cpu s)" test "${cpu/./}" -ge 600
echo 'test("it has its time", function() script("script.lua") end)' >time_test.lua
cpu=$( { time "$program" test --load-ms 700 time_test.lua >out 2>err; } 2>&1)
holds "tests have the same option (it took $cpu s)" test "${cpu/./}" -ge 600
echo 'test("it has less", function() while true do end end)' >time_test.lua
cpu=$( { time "$program" test --test-ms 300 time_test.lua >out 2>err; } 2>&1)
contains 'a test has a limit of its own' 'time_test.lua:1: time limit exceeded' "$(<out)"
holds "which may be another (it took $cpu s)" test "${cpu/./}" -ge 250 -a "${cpu/./}" -le 3000
rm time_test.lua
lua 'function process_packet(p) while true do end end'

#
# What is pending when the capture ends.
#
cat >pending.lua <<'END'
local HOUR, begin, told, q = 3600000, nil, {}, shared.queue("pending")
local function tell(what) told[#told + 1] = what .. " " .. nf.get_time() - begin end
if IS_INTERRUPT then q:on(tell) end
function later(skb, id)
  if id == 1 then nf.schedule(nil, "later", 2, 1) end
  q:send("work " .. id)
end
function process_packet(p)
  tell("packet")
  return XT_CONTINUE
end
function pending(p)
  if not begin then
    begin = nf.get_time()
    nf.timer(250, tell, "soon")
    nf.timer(HOUR, function()
      tell("hour")
      nf.timer(HOUR // 2, tell, "within")
      nf.timer(HOUR, tell, "at the end")
      nf.timer(HOUR + 1, tell, "never")
      q:send("value")
    end)
    if IS_INTERRUPT then nf.schedule(nil, "later", 1, 2 * HOUR) end
  end
  return process_packet(p)
end
function on_close()
  if IS_INTERRUPT then print(table.concat(told, ", ")) end
end
END
bytes "$(pcap 101) $(record "$udp") $(record "$udp" '' 623456)" >pending.pcap
go run pending.lua pending.pcap -f pending
is 'what is pending at the end is done at its time, and what that asks for, if it is due by the last of these' \
	'state 0: pending.lua:28: packet 0, soon 250, packet 500, hour 3600000, value 3600000, within 5400000, at the end 7200000, work 1 7200000' "$err"
go run pending.lua pending.pcap -f pending -n 1
contains 'also if there are more packets' 'packet 0, soon 250, hour 3600000, value' "$err"

#
# What is in sets that scripts name.
#
printf '# a feed\n10.0.0.0/8 # of ours\n\n 2001:db8::/32\n192.0.2.1-192.0.2.9\n' >feed.txt
printf '192.0.2.20\n192.0.2.10-192.0.2.11\n' >more.txt
cat >named.lua <<'END'
local a, none, all = set.named("a"), set.named("none"), {}
for _, address in ipairs{ "9.255.255.255", "10.0.0.0", "192.0.2.9", "192.0.2.10", "192.0.2.12", "192.0.2.20", "2001:db8::1", "2001:db9::" } do
  all[#all + 1] = tostring(a:has(address)):sub(1, 1)
end
print("told", table.concat(all), none:has("10.0.0.1"))
function process_packet(p) return a:has(p.ip:saddr()) and NF_DROP or NF_ACCEPT end
END
cat >named_test.lua <<'END'
test("sets", function()
  equal(script("named.lua").process_packet(packet.udp{ src = "10.0.0.1" }), NF_DROP)
  equal(script("named.lua").process_packet(packet.udp{ src = "11.0.0.1" }), NF_ACCEPT)
end)
END
bytes "$(pcap 101) $(record "$udp")" >named.pcap
said() { sed -n 's/.*told\t//p' err | tr '\t' ' '; }
go run named.lua named.pcap
is 'a set that nothing fills is empty' '0 ffffffff false' "$status $(said)"
contains 'for packets, too' '1 NF_ACCEPT' "$out"
go run named.lua named.pcap --set a=feed.txt
is 'what is in a set is in a file' '0 fttffftf false' "$status $(said)"
contains 'and packets are asked for in it' '1 NF_DROP' "$out"
go run --set a=feed.txt --set other=feed.txt named.lua named.pcap --set=a=more.txt
is 'or in several' '0 ftttfttf false' "$status $(said)"
go run named.lua named.pcap --set a=- <more.txt
is 'or in standard input' '0 ffftftff false' "$status $(said)"
go test named_test.lua --set a=feed.txt
is 'tests have them, too' '0 ok 1 - named_test.lua: sets' "$status $(grep ^ok out)"
go test named_test.lua
is 'and fail without' 1 $status
for pack in 'gzip -c' 'zstd -qc'; do
	have "${pack% *}" || continue
	$pack <feed.txt >feed.z
	go run named.lua named.pcap --set a=feed.z
	is "a file that ${pack% *} has made" '0 fttffftf false' "$status $(said)"
done
{ printf "# %s\n" "$(head -c 200000 /dev/zero | tr '\0' -)"; cat feed.txt; printf '192.0.2.20 # %s' "$(head -c 200000 /dev/zero | tr '\0' -)"; } >lines.txt
go run named.lua named.pcap --set a=lines.txt
is 'lines of any length, the last without an end' '0 fttffttf false' "$status $(said)"
seq -f '10.%.0f.0.0/16' 0 255 | gzip -c | head -c 200 >short.gz
printf '10.0.0.1\nnonsense # here\n' >wrong.txt
: >empty.txt
sets() { local text=$1 part=$2; shift 2; trouble "$text" "$part" run named.lua named.pcap "$@"; }
sets 'a line that is no entry' "wrong.txt:2: 'nonsense' is no address, prefix or range" --set a=feed.txt --set b=wrong.txt
sets 'a file without anything' 'empty.txt: is empty: a list without entries has a comment' --set a=empty.txt
sets 'a file that is not there' 'nowhere: No such file' --set a=nowhere
sets 'a file that is cut off' 'short.gz: what is compressed is truncated' --set a=short.gz
sets 'a folder' 'folder.pcap: Is a directory' --set a=folder.pcap
sets 'no file' '--set a=: give NAME=FILE' --set a=
sets 'no name' '--set feed.txt: give NAME=FILE' --set feed.txt
sets 'a name that is empty' '--set =feed.txt: the name of a set has 1 to 63 bytes' --set =feed.txt
name=$(printf 'a%.0s' {1..63})
sets 'a name that is too long' 'the name of a set has 1 to 63 bytes' --set "a$name=feed.txt"
go run named.lua named.pcap --set "$name=feed.txt"
is 'the longest name' 0 $status
many=()
for ((i = 0; i < 64; i++)); do many+=(--set "a=feed.txt"); done
go run named.lua named.pcap "${many[@]}"
is '64 files' '0 fttffftf false' "$status $(said)"
go run named.lua named.pcap "${many[@]}" --set a=feed.txt
contains 'no more' '--set: 64 times at most' "$status $err"
trouble 'also for tests' 'nowhere: No such file' test named_test.lua --set a=nowhere
trouble 'and for queues' 'nowhere: No such file' queue named.lua --set a=nowhere

#
# Files of shared tables, which are read before the kernel is asked.
#
given() {
	local name=$1 text=$2 part=$3
	printf "$text" >"$name"
	trouble "$name: ${text:0:40}" "$part" shared t load "$name"
	rm -f "$name"
}
given wrong.csv 'a' 'wrong.csv:1: a line is KEY,VALUE or KEY,VALUE,MILLISECONDS'
given wrong.csv 'key,value\n# none\n\na,1\na,1,2,3\n' 'wrong.csv:5: a line is KEY,VALUE'
given wrong.csv 'a,\n' 'wrong.csv:1: there is nothing'
given wrong.csv ',1\n' 'wrong.csv:1: there is nothing'
given wrong.csv 'a,1,-1\n' 'wrong.csv:1: a time to live is 0'
given wrong.csv 'a,1,315360000001\n' 'wrong.csv:1: a time to live is 0'
given wrong.csv 'a,9223372036854775808\n' 'wrong.csv:1: an integer has 64 bits at most'
given wrong.csv '"a,1\n' 'wrong.csv:1: a double quote has to have another one'
given wrong.csv '"a"b,1\n' 'wrong.csv:1: a double quote has to have another one'
given wrong.csv 'a,"""\n' 'wrong.csv:1: a double quote has to have another one'
given wrong.csv "$(printf 'a%.0s' {1..256}),1" 'wrong.csv:1: a key has 255 bytes at most'
given wrong.csv "a,$(printf 'v%.0s' {1..16385})" 'wrong.csv:1: a key has 255 bytes at most, and a value 16384'
given wrong.csv '' 'wrong.csv: there is no entry in it'
given wrong.json '{ "a": 1.5 }' 'wrong.json: "a": a value is an integer'
given wrong.json '{ "a": null }' 'wrong.json: "a": a value is an integer'
given wrong.json '{ "a": 9223372036854775808 }' 'wrong.json:1: too big integer'
given wrong.json '{ "a": 1, "a": 2 }' 'wrong.json:1: duplicate object key'
given wrong.json '{ "a": 1' 'wrong.json:1: '
given wrong.json '[1]' 'wrong.json: entry 1: an entry is an object'
given wrong.json '[{ "key": "a", "value": 1 }, { "key": true, "value": 1 }]' 'wrong.json: entry 2: a key is an integer'
given wrong.json '[{ "key": { "bytes": "00" }, "value": 1 }]' 'entry 1: a key is an integer'
given wrong.json '[{ "key": "a", "value": { "bytes": "0g" } }]' 'entry 1: bytes are text with two'
given wrong.json '[{ "key": "a", "value": { "bytes": "000" } }]' 'entry 1: bytes are text with two'
given wrong.json '[{ "key": "a", "value": 1, "ttl": "1" }]' 'entry 1: a time to live is 0'
given wrong.json '[{ "key": "a", "value": 1, "TTL": 1 }]' 'entry 1: an entry has key and value'
given wrong.json '[{ "key": "a", "value": "v", "length": 20000 }]' 'entry 1: not all bytes of the value are here'
given wrong.json "[{ \"key\": \"$(printf 'a%.0s' {1..256})\", \"value\": 1 }]" 'entry 1: a key has 255 bytes at most'
given wrong.json '{}' 'wrong.json: there is no entry in it'
given wrong ' { "a": [] }' 'wrong: "a": a value is an integer'
given wrong '{a,b,c\n' 'wrong:1: '
trouble 'a file that is not there' 'nowhere: No such file' shared t load nowhere
trouble 'a folder' 'folder.pcap: Is a directory' shared t load folder.pcap
trouble 'a name that is too long' 'the name of a table has 1 to 63 bytes' shared "$(printf 'a%.0s' {1..64})"
trouble 'a verb that is none' 'give list, get, set, delete, load, check or destroy' shared t fill
trouble 'a value that is missing' 'VALUE is missing' shared t set a
trouble 'limits of no state' 'give the number of a state' limits x
trouble 'limits that are none' '--sends-each 65536: give a number from 0 to 65535' limits 0 --sends-each 65536
trouble 'as a word' '--time never: give a number from 20 to 1000' limits 0 --time never

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
misuse 'two arguments for reload' "packetscript: reload: 'script.lua' is one argument too many" reload 5 script.lua
misuse 'an argument for manual' "packetscript: manual: 'x' is one argument too many" manual x
misuse 'an unknown option' "packetscript: unrecognized option '--frob'" run --frob pass.lua in.pcap
ln -sf "$program" lunatik
by_its_name() { (program=./lunatik; go "$@"; printf '%s\n' "$out" "$err"); }
is 'by its other name, errors begin with that, and so does what to type' $'\nlunatik: unrecognized option \'--frob\'
usage: lunatik [options] [load|unload|reload|status|list] [run|spawn|stop SCRIPT [CONTEXT]] (lunatik --help says more)' "$(by_its_name --frob)"
contains 'as in its help' 'usage: lunatik [options] [' "$(by_its_name --help)"
rm lunatik
misuse 'an unknown letter' "packetscript: invalid option -- 'Z'" run -Z pass.lua in.pcap
misuse 'an option without its argument' "packetscript: option requires an argument -- 'w'" run pass.lua in.pcap -w
misuse 'an option that may be two' "packetscript: option '--o=1' is ambiguous; possibilities: '--on-error' '--object' '--offload'" run --o=1 pass.lua in.pcap
misuse 'a letter among others' "packetscript: invalid option -- 'Z'" run -qZv pass.lua in.pcap
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
	done < <(sed -n 's/^  ..[, ] *\(--[a-z-]*\) \{0,1\}\([A-Z=]*\) .*/\1 \2/p' <<<"$help" | grep -v -- --help)
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
is 'completion of verdicts' 'accept' "$(completes packetscript run --on-error a)"
is 'completion of verdicts, for queue' 'drop accept continue' "$(completes packetscript queue --on-error '')"
is 'completion of protocols' "$(sed 's/^[a-z]*_//' <<<"$names" | paste -s -d ' ')" "$(completes packetscript protocols '')"
is 'completion of one' 'tcp tcp_opt' "$(completes packetscript protocols tc)"
is 'completion of files is not by words' '' "$(completes packetscript run d)"
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
	seen=$(printf 'packetscript run in.pc\t -w o\t\nexit\n' | INPUTRC=/dev/null TERM=dumb timeout 120 script -qec 'bash --noprofile --rcfile bashrc -i' /dev/null | tr -d '\r')
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
