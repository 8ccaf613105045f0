#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The machine, its network and our helpers work, without any module of ours.
. /tests/lib.sh

topology
check_match 'programs in a namespace are those outside' "$(inA ping -V)" '^ping from iputils'
check_eq 'also by their paths' "$(inA "$(type -P ping)" -V)" "$(ping -V)"
check_fails 'and what is not there fails' inA no_such_program
check 'A reaches B through R' inA ping -c 1 -W 60 10.0.0.2
check 'A reaches B through R over IPv6' inA ping -c 1 -W 60 fd00:b::2
check_fails 'nobody answers for 10.0.0.9' inA ping -c 1 -W 1 10.0.0.9
check_eq 'R forwarded both ways' "$(($(snmp R Ip ForwDatagrams) >= 2))" 1

mkdir www
head -c 1000000 /dev/urandom >www/file
start_nginx B "$PWD/www" 10.0.0.2:80
start_nginx B "$PWD/www" '[fd00:b::2]:80'
for how in on off; do
	offload $how
	check "1 MB over HTTP, offload $how" inA curl -sS -m 300 -o got http://10.0.0.2/file
	check "the copy is the same, offload $how" cmp www/file got
done
check '1 MB over HTTP and IPv6' inA curl -sS -m 300 -o got6 'http://[fd00:b::2]/file'
check 'the copy is the same over IPv6' cmp www/file got6

udp_echo B 10.0.0.2 7
udp_echo B fd00:b::2 7
check_eq 'UDP echo' "$(udp_ask A 10.0.0.2 7 'hello there')" 'hello there'
check_eq 'UDP echo over IPv6' "$(udp_ask A fd00:b::2 7 'hello six')" 'hello six'
check_fails 'no UDP answer from a closed port' udp_ask A 10.0.0.2 9 hello

check_match 'B counted datagrams' "$(snmp B Udp InDatagrams)" '^[1-9][0-9]*$'
for counter in 'Ip InHdrErrors' 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors' 'Udp6 InCsumErrors'; do
	check_eq "B saw no $counter" "$(snmp B $counter)" 0
done
check_fails 'an unknown counter is an error' snmp B Udp NoSuchCounter

for iptables in iptables-legacy iptables-nft; do
	check "$iptables drops" inR $iptables -t mangle -A FORWARD -p icmp -m comment --comment "$iptables" -j DROP
	check_fails "ping is dropped by $iptables" inA ping -c 1 -W 1 10.0.0.2
	check "$iptables flushes" inR $iptables -t mangle -F
done
check 'tc, nft and conntrack run' inR bash -c 'tc qdisc add dev rA clsact && nft list ruleset && conntrack -L'

wake() { [ -e awake ]; }
(sleep 0.2; touch awake) &
check 'wait_for sees a change' wait_for wake
check_fails 'wait_for gives up' wait_for -t 1 false

echo 'boot test was here' >/dev/kmsg
check 'the kernel log is seen' klog_has 'boot test was .ere'
check_match 'and only since the test began' "$(klog_since | head -n 1)" 'test 00-boot'
