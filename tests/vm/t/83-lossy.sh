#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# timeout: 300
# examples/delay.lua between A and B: how much it loses, how long it takes, and that nothing else is lost nor comes out of order.
# An emulated machine does not send 20,000 packets in a second; one whose clock counts instructions does, which pps asks for:
#   ACCEL=icount tests/vm/run.sh --append pps=20000 83-lossy
. /tests/lib.sh

topology
modprobe pktgen
rule() { inR iptables-legacy -t mangle -A FORWARD -i rA -j LUA --on-error continue --script "$@"; }
line() { inR sed -n "s/^  $1: //p" /proc/net/packetscript; }
no_state() { [ -z "$(at "$1" sed 1d /proc/net/packetscript)" ]; }
flush() {
	at "$1" iptables-legacy -t mangle -F
	wait_for no_state "$1"
}
cp /examples/delay.lua .
# tuned VALUES…: tuned.lua is the example with these
tuned() {
	local value script
	script=$(<delay.lua)
	for value; do
		[[ $script =~ local\ [A-Z,\ ]*${value%%=*}[,\ ] ]] || fail "delay.lua has a ${value%%=*}"
		script=${script/function process_packet/${value%%=*} = ${value#*=}$'\n'function process_packet}
	done
	echo "$script" >tuned.lua
}

# --- loss, and the time it takes
rule delay.lua
inA taskset -c 0 ping -c 3000 -i 0.004 -W 60 10.0.0.2 >pings || [ $? = 1 ] # no answer at all: what follows says so
received=$(sed -n 's/^3000 packets transmitted, \([0-9]*\) received.*/\1/p' pings)
check "one in ten is lost, of 3000 ($((3000 - received)))" eval '[ "$received" -ge 2640 ] && [ "$received" -le 2760 ]'
check_eq 'none comes twice' "$(sed -n '/DUP/p' pings | wc -l)" 0
late=$(sed -n 's/.* icmp_seq=\([0-9]*\) .*/\1/p' pings | awk '$1 < last { n++ } { last = $1 } END { print n + 0 }')
check_eq 'the others come in order' "$late" 0
# takes_50_ms: a tenth of a hundred pings at least, and half of them not much more, as a host that is busy only adds to it. It may hold up
# all of them, but not one time after the other.
near_50='^(48|49|5[0-4])(\.[0-9]*)? (48|49|[5-7][0-9])(\.|$)'
takes_50_ms() {
	inA ping -c 100 -i 0.02 -W 60 10.0.0.2 >pings || [ $? = 1 ] # no answer at all: what follows says so
	times=$(sed -n 's/.* time=\([0-9.]*\) ms/\1/p' pings | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 9) / 10)], all[int((NR + 1) / 2)] }')
	[[ $times =~ $near_50 ]]
}
for _ in {1..5}; do ! takes_50_ms || break; done
check_match 'and take 50 ms' "$times" "$near_50"
flush R

# --- at 20,000 packets in a second nothing else is lost
cat >count.lua <<'END'
-- counts pktgen's packets, and those that come after a later one
local n, late, last = 0, 0, 0
function process_packet(p)
  if not p.udp or p.udp.dport ~= 9 then return XT_CONTINUE end
  local sequence = p.udp:data():get():u32(4)
  n = n + 1
  if sequence < last then late = late + 1 end
  last = math.max(last, sequence)
  return NF_DROP
end
function on_close() print("counted", n, late) end
END
# Of a burst, or when the host holds the machine up, the kernel's queues before R and B may not lose anything either. pktgen
# sends again what they refuse; delay.lua cannot.
sysctl -q net.core.netdev_max_backlog=20000
# B's rule has seen so many
seen() { [ "$(inB iptables-legacy -t mangle -vxnL PREROUTING | awk '/LUA/ { print $1 }')" -ge "$1" ]; }
# send COUNT RATE: through R to B. Afterwards $got is how many came, $late how many of them out of order.
send() {
	local mac
	mac=$(ip -n R -br link show rA | awk '{ print $3 }')
	dmesg -C
	inR ping -q -c 1 -W 60 10.0.0.2 >/dev/null # its address is known then
	inB iptables-legacy -t mangle -A PREROUTING -p udp -j LUA --script count.lua
	inA bash -ec 'cd /proc/net/pktgen
		echo rem_device_all >kpktgend_0
		echo "add_device eth0" >kpktgend_0
		for what in "count $0" "ratep $1" "pkt_size 100" "dst 10.0.0.2" "src_min 192.168.0.2" "src_max 192.168.0.2" "dst_mac $2" \
			"udp_src_min 9" "udp_src_max 9" "udp_dst_min 9" "udp_dst_max 9"; do echo "$what" >eth0; done
		echo start >pgctrl
		grep -A 1 Result eth0' "$1" "$2" "$mac" >sent
	wait_for eval '[[ $(line "deferred work") =~ ^0\ pending ]]'
	work=$(line 'deferred work')
	flush R
	wait_for seen "$1" || true # how many came is told below
	flush B
	read -r got late <<<"$(klog_since | sed -n 's/.*counted\t//p')"
}
tuned LOSS=0 JITTER=0
rule tuned.lua
send 6000 20000
check_match 'at 20,000 a second, if the machine can, packets are sent' "$(cat sent)" 'Result: OK'
pps=$(sed -n 's/.* \([0-9]*\)pps.*/\1/p' sent)
check "in a second $pps" [ "$pps" -ge "$(option pps 1)" ]
check_eq 'and all of them come' "$got" 6000
check_match 'none was refused' "$work" '^0 pending, 6000 done, 0 failed, 0 refused'
check_eq 'in order' "$late" 0

# --- jitter, without packets of a flow that overtake each other, or with
tuned LOSS=0 JITTER=20
rule tuned.lua
send 2000 2000
check_eq 'jitter leaves a flow in order' "$got $late" '2000 0'
tuned LOSS=0 JITTER=20 REORDER=true
rule tuned.lua
send 2000 2000
check_eq 'unless it is told not to: then, too, all come' "$got" 2000
check "but not in order ($late)" [ "$late" -gt 500 ]
