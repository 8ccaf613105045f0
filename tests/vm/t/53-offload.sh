#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# f:offload(): the kernel's flowtable carries connections that a script has decided on; it sees no more packets of them.
. /tests/lib.sh

topology
offload off # no large packets: the rule counts each
head -c 4000000 < <(seq 1 900000) >file
sum=$(md5sum <file)
start_nginx B "$PWD" 10.0.0.2:80
start_nginx B "$PWD" '[fd00:b::2]:80'
udp_echo B 10.0.0.2 9

cat >offload.lua <<'END'
local function say(f, ok, why)
  why = ok and "handed over" or why
  if f.said ~= why then print("said", why) end
  f.said = why
end
function process_packet(p)
  local f = p:flow()
  if f then say(f, f:offload()) end
  return XT_CONTINUE
end
-- the first command that is "longer" gets another length
function lengthen(p)
  local f = p:flow()
  local payload = p.tcp and p.tcp:data()
  if f and not f.done and payload and #payload > 0 and payload:get():string():find("^longer") then
    f.done = true
    payload:set("even longer\n")
    say(f, f:offload())
  end
  return XT_CONTINUE
end
END
# script -A|-D CHAIN [MATCH…] STATE
# A state writes ten lines in five seconds, so each part has its own.
said() { dmesg | sed -n 's/.*said\t//p'; }
script() { inR iptables -t mangle "$1" "$2" "${@:3:$(($# - 3))}" -j LUA --script offload.lua --state "${!#}"; }
rule6() { inR ip6tables -t mangle "$1" FORWARD -p tcp -j LUA --script offload.lua --state 2; }
# how many packets the rules have seen
seen() { awk '/LUA/ { n += $1 } END { print n + 0 }' < <(inR iptables -t mangle -vxnL; inR ip6tables -t mangle -vxnL); }
download() { inA curl -sf --max-time 60 "$@" | md5sum; }

# Until 6.14 the table gives a connection back that ends; later it carries the last segments, too, and then has conntrack close it.
carries_the_end() { [ "$(printf '%s\n' 6.14 "$(uname -r)" | sort -V | head -n 1)" = 6.14 ]; }
if carries_the_end; then least=3 state=CLOSE; else least=5 state=TIME_WAIT; fi
# PORT
has_ended() { grep -q " $state .*dport=$1 " < <(inR conntrack -L -p tcp 2>/dev/null); }

# --- what is refused
script -A FORWARD 0
udp_ask A 10.0.0.2 9 hello >/dev/null
check_eq 'without conntrack' "$(said | sort -u)" 'the packet has no connection'
inR iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
inR ip6tables -A FORWARD -m conntrack --ctstate INVALID -j DROP
dmesg -C
udp_ask A 10.0.0.2 9 hello >/dev/null
inA ping -q -c 3 -i 0.05 10.0.0.2 >/dev/null
check_eq 'before it is established, and what it is not for' "$(said | sort -u)" 'the connection is not established yet'
script -D FORWARD 0
script -A PREROUTING 0
dmesg -C
udp_ask A 10.0.0.2 9 hello >/dev/null
check_eq 'at other hooks' "$(said | sort -u)" 'only in FORWARD connections are handed over'
script -D PREROUTING 0

# --- a download: the rule sees how it begins, and how it ends
inR iptables -t nat -A POSTROUTING -o rB -j MASQUERADE
script -A FORWARD -p tcp 1
rule6 -A
dmesg -C
before=$(snmp B Tcp OutSegs)
check_eq 'a download' "$(download http://10.0.0.2/file)" "$sum"
check_eq 'is handed over when it is established' "$(said | head -n 2)" $'the connection is not established yet\nhanded over'
check_match "$(seen) packets are seen of $(($(snmp B Tcp OutSegs) - before)) that were sent" \
	"$(seen) $(($(snmp B Tcp OutSegs) - before > 2000))" '^([1-9]|[1-9][0-9]|[1-9][0-9][0-9]) 1$'
before=$(seen)
check_eq 'the next one' "$(download http://10.0.0.2/file)" "$sum"
check 'begins there, and ends where this kernel says' test $(($(seen) - before)) -ge $least
check 'and goes past it' test $(($(seen) - before)) -lt 100
before=$(seen)
check_eq 'IPv6' "$(download 'http://[fd00:b::2]/file')" "$sum"
check 'goes past it, too' test $(($(seen) - before)) -lt 300
check 'what has ended is in the hands of conntrack' wait_for has_ended 80

# --- one that stays: open ADDRESS PORT
open() {
	rm -f to from back got
	mkfifo to back
	exec {to}<>to {back}<>back
	at B nc -l "$1" "$2" <back >got &
	wait_for grep -q ":$2 " < <(at B ss -Hltn)
	at A bash -c 'echo $$ >client; exec nc "$0" "$1"' "$1" "$2" <to >from &
	say hello
}
lines=0
# say TEXT: a line each way
say() {
	lines=$((lines + 1))
	echo "$1 $lines" >&$to
	wait_for grep -q "$1 $lines" got || return
	echo "answer $lines" >&$back
	wait_for grep -q "answer $lines" from
}
is_past() {
	local before
	before=$(seen)
	say "$1"
	[ "$(seen)" = "$before" ]
}
goes_on() {
	say hello && say hello
}
listed() { grep -q 'dport=7 .*\[OFFLOAD\]' < <(inR conntrack -L -p tcp 2>/dev/null); }
script -D FORWARD -p tcp 1
script -A FORWARD -p tcp 3
open 10.0.0.2 7
check 'nothing of a connection is seen' wait_for is_past hello
check 'conntrack tells who has it' listed
before=$(seen)
ip -n R link set rB down
ip -n R link set rB up
check 'its device goes down, and up' goes_on
check 'and what came meanwhile was seen' test "$(seen)" -gt "$before"
check 'it is handed over again' wait_for is_past hello
check 'the module goes while it is in use' modprobe -r packetscript_flow
dmesg -C
check 'the connection goes on' goes_on
check_match 'and the script is told' "$(said)" 'packetscript_flow.ko is not loaded'
script -A FORWARD -p udp 4
check 'it comes with the next script' grep -q '^packetscript_flow ' /proc/modules
check 'and takes the connection again' wait_for is_past hello
before=$(seen)
kill "$(<client)"
is_noticed() { if carries_the_end; then has_ended 7; else [ "$(seen)" -gt "$before" ]; fi; }
check 'its end is noticed' wait_for is_noticed

# --- sequence numbers
inR iptables -t mangle -A FORWARD -p tcp --dport 8 -j LUA --script offload.lua --function lengthen --state 5
script -D FORWARD -p tcp 3
dmesg -C
open 10.0.0.2 8
echo longer >&$to
check 'a segment gets another length' wait_for grep -q 'even longer' got
check 'and the connection goes on' goes_on
check_eq 'which is not handed over then' "$(said)" 'the packet has got another length'
script -A FORWARD -p tcp 6
dmesg -C
goes_on
check_eq 'nor later' "$(said)" 'sequence numbers of the connection change'

# --- things go while they are in use
download --limit-rate 1M http://10.0.0.2/file >sum &
download=$!
sleep 0.5
modprobe -r packetscript_flow
wait $download
check_eq 'the module goes under load' "$(<sum)" "$sum"
script -A FORWARD -p udp 7
open 10.0.0.2 7
wait_for is_past hello
ip -n R link del rB
ip link add rB netns R type veth peer name eth0 netns B
ip -n R addr add 10.0.0.1/24 dev rB
ip -n R link set rB up
host B 10.0.0 fd00:b
check 'a device goes, and another one comes' goes_on
check 'which carries it, too' wait_for is_past hello
# namespaces end one after the other: if the connection kept R, another one would stay, too
no_cable() { [ -z "$(ip -n A -o link show dev eth0 2>/dev/null)" ]; }
no_probe() { [ ! -e /sys/class/net/probe ]; }
ip netns del R
wait_for no_cable
ip netns add T
ip link add probe type veth peer name peer netns T
ip netns del T
check 'a namespace goes, and connections with it' wait_for no_probe
check 'then the modules can' wait_for unload
check_eq 'all of them' "$(sed -n 's/^\(packetscript[^ ]*\) .*/\1/p' /proc/modules)" ''
