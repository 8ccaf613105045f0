#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The TFTP cache, on R, in front of real servers there, with real clients on A and B: who answers, with what, under loss, and to the end.
. /tests/lib.sh

hash in.tftpd tftp atftp curl 2>/dev/null || skip 'there is no TFTP'
topology
for end in A:eth0 R:rA R:rB B:eth0; do at ${end%:*} ethtool -K ${end#*:} tx off >/dev/null; done # so that checksums are looked at
cp /examples/cache/tftp.lua .
S=192.168.0.1
all='f0 f1 f511 f512 f513 f1428 f102400'

# asked: how many requests the server has got
asked() { inR iptables -xvnL INPUT | awk '/dpt:69/ { print $1 }'; }
# get CLIENT 'FILE…' [ARGUMENT…]: by A, or NS, from R; what arrives is what the server has
get() {
	local file files status=0
	read -ra files <<<"$2"
	(cd got && rm -f "${files[@]}")
	case $1 in
	tftp) (cd got && { echo mode binary; printf 'get %s\n' "${files[@]}"; } | at "${NS:-A}" timeout 60 tftp $S >/dev/null) ;;
	atftp)
		for file in "${files[@]}"; do
			at "${NS:-A}" timeout 60 atftp "${@:3}" --get -r "$file" -l "got/$file" $S >/dev/null 2>&1 || return
		done
		;;
	curl) (cd got && at "${NS:-A}" timeout 60 curl -s --remote-name-all "${@:3}" "${files[@]/#/tftp://$S/}") ;;
	esac || return
	for file in "${files[@]}"; do
		[ -s "files/$file" ] || [ -e "got/$file" ] || : >"got/$file" # curl makes none of nothing
		cmp "got/$file" "files/$file" || status=1
	done
	return $status
}

mkdir files got
large=$(rounds 524300 200000)
for n in 0 1 511 512 513 1428 102400 24000 "$large"; do head -c "$n" /dev/urandom >"files/f$n"; done
chmod -R a+rwX files
# serve COMMAND…: a server on R, until stop
serve() {
	at R bash -c 'echo $$ >server; exec "$@"' - "$@" &
	wait_for is_served
}
is_served() { [ -n "$(inR ss -Hlun 'sport = 69')" ]; }
is_not_served() { ! is_served; }
stop() {
	kill "$(cat server)"
	wait_for is_not_served
}
serve_tftp() { serve in.tftpd -L -4 -c -s -u nobody "$PWD/files"; }
serve_tftp
inR timeout 60 curl -so got/first tftp://$S/f1 # Debian 13's in.tftpd does not answer its first request until it comes again
inR iptables -A INPUT -p udp --dport 69 -j ACCEPT
rules tftp.lua -A

check 'the server answers' get tftp "$all"
check_eq 'each of the requests' "$(asked)" 7
check_eq 'and all files are kept' "$(counted 69 stored)" 7
check 'the cache answers tftp' get tftp "$all"
check 'atftp' get atftp "$all"
check 'atftp with options' get atftp 'f0 f1428 f102400' --option 'blksize 1428' --option 'tsize 0' --option 'timeout 3'
check 'atftp with windows' get atftp 'f0 f1428 f102400' --option 'blksize 512' --option 'windowsize 16'
check 'curl' get curl "$all" --tftp-no-options
check 'curl with options' get curl "$all" --tftp-blksize 600
check 'and with blocks larger than the MTU' get curl f102400 --tftp-blksize 8192
check_eq 'the server is not asked' "$(asked)" 7
check_eq 'and counts are right' "$(counted 69 hits) $(counted 69 served) $(counted 69 again)" '35 35 0'

# --- large blocks from the server; and numbers that begin anew
check 'large blocks are kept' get curl "f$large" --tftp-blksize 8192
check_eq 'of a file that is larger' "$(counted 69 stored)" 8
[ "$large" -lt 524288 ] || # more blocks than there are numbers: it takes long in an emulated machine
	check 'and sent in small ones, whose numbers begin anew' get atftp "f$large" --option 'blksize 8' --option 'windowsize 64'
check 'and sent in others' get atftp "f$large" --option 'blksize 1400' --option 'windowsize 64'
check_eq 'by the cache' "$(asked)" 8

# --- what is not there, and what is written
check_fails 'what is not there is not there' get curl none
check_fails 'for the second time' get curl none
check_eq 'says the server' "$(asked)" 10
echo new >files/f1.new
check 'a file is written' inA bash -c "cd files && tftp -m binary $S -c put f1.new f513"
check 'then the server is asked' get tftp f513
check_eq 'of which the cache takes note' "$(counted 69 void) $(asked) $(cat got/f513)" '1 12 new'

# --- one packet of twenty is lost each way
sed -i 's/^local TIMEOUT <const>, TRIES <const> = 1000, 5/local TIMEOUT <const>, TRIES <const> = 200, 20/' tftp.lua
rules tftp.lua -D
rules tftp.lua -A
check 'with other rules the cache is empty' get tftp f24000
before=$(asked)
inR tc qdisc add dev rA root netem loss 5%
cat >lossy.lua <<'END'
local n = 0
function process_packet()
  n = n + 1
  return n % 20 == 0 and NF_DROP or XT_CONTINUE
end
END
inR iptables -t raw -A PREROUTING -p udp --dport 61440:65535 -j LUA --script lossy.lua --state 1
check 'a file arrives whole where packets are lost' get curl f24000 --tftp-no-options
check 'also in windows' get atftp f24000 --option 'windowsize 8'
check_eq 'from the cache' "$(asked)" "$before"
[ "$(counted 69 again)" -gt 0 ] && pass 'which sends again' || fail 'which sends again'
inR tc qdisc del dev rA root
inR iptables -t raw -F

# --- the script anew
entries() { inR packetscript shared 'tftp cache' | wc -l; }
before=$(asked) chunks=$(entries)
check 'the script is loaded anew' inR packetscript reload 69
check 'then the cache is empty' get tftp f24000
check 'and filled' get tftp f24000
check_eq 'by one request' "$(asked)" $((before + 1))
check_eq 'and what was there is gone' "$(entries)" "$chunks"

# --- two at once, and without a server
get tftp f102400
stop
both() {
	mkdir -p other/got && ln -sfn "$PWD/files" other/files
	(cd other && NS=B get tftp f102400) & local other=$!
	get tftp f102400 && wait $other
}
check 'two are answered at once, without a server' both
check_eq 'no port is unreachable, and no checksum wrong' "$(snmp R Icmp OutDestUnreachs) $(snmp_sum 'Udp InCsumErrors' 'Ip InHdrErrors')" '0 0'

# --- another server, with windows of its own
if hash atftpd 2>/dev/null; then
	serve atftpd --daemon --no-fork --bind-address $S --user root.root --logfile /dev/null "$PWD/files"
	before=$(asked)
	check 'windows of the server' get atftp "f$large" --option 'blksize 1428' --option 'windowsize 8'
	check 'are kept' get tftp "f$large"
	check_eq 'after one request' "$(asked)" $((before + 1))
	stop
fi
serve_tftp

# --- loaded anew, while a file is sent that is gone: nothing of it stays
check 'a file is kept' get tftp "f$large"
before=$(counted 69 hits)
asks() { [ "$(counted 69 hits)" -gt "$before" ]; }
inA bash -c "exec 3<>/dev/udp/$S/69; printf '\\0\\1f$large\\0octet\\0' >&3; sleep 30" & reader=$!
wait_for asks
check 'and written while it is sent' inA bash -c "cd files && tftp -m binary $S -c put f1.new f$large"
[ "$(entries)" -ge $((large / 32768)) ] && pass 'its bytes are there' || fail 'its bytes are there'
check 'the script is loaded anew' inR packetscript reload 69
check_eq 'and no bytes are' "$(entries)" 0
kill $reader

# --- the end, while files are sent
load() { while :; do get curl f102400 --tftp-blksize 8 || true; done; }
load & load=$!
sleep 0.5
rules tftp.lua -D
check 'the modules go' modprobe -r xt_LUA
kill $load
wait $load 2>/dev/null || true
check 'and the server answers' get tftp f1
