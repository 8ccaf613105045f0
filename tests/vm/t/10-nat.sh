#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The NAT of thesis section 4.1: A, behind R, seems to be 10.0.0.1.
. /tests/lib.sh

topology
# no route back to A: without translation nothing gets through
ip -n B route del default
check_fails 'without NAT A gets no answer' inA ping -c 1 -W 1 10.0.0.2

nat() {
	local iptables=$1
	inR $iptables -t mangle -A POSTROUTING -o rB -j LUA --script /examples/nat.lua --function process_packet_snat
	inR $iptables -t mangle -A PREROUTING -i rB -j LUA --script /examples/nat.lua --function process_packet_dnat
}

csum_errors() { snmp_sum 'Ip InHdrErrors' 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors'; }

mkdir www
head -c 10000000 /dev/urandom >www/file
start_nginx B "$PWD/www" 10.0.0.2:80
udp_echo B 10.0.0.2 7

for iptables in iptables-legacy iptables-nft; do
	check "$iptables takes the rules" nat $iptables
	for how in on off hosts; do
		offload $how
		with="$iptables, offload $how"
		check "ping, $with" inA ping -c 3 -i 0.1 -W 60 10.0.0.2
		check "ping of 1400 bytes, $with" inA ping -c 1 -s 1400 -W 60 10.0.0.2
		check "ping in fragments, $with" inA ping -c 1 -s 4000 -W 60 10.0.0.2
		check "10 MB by TCP, $with" inA curl -sS -m 300 -o got http://10.0.0.2/file
		check "the copy is the same, $with" cmp www/file got
		check_eq "UDP, $with" "$(udp_ask A 10.0.0.2 7 "hello, $with")" "hello, $with"
		check_eq "no checksum was wrong, $with" "$(csum_errors)" 0
	done
	inR cat /proc/net/packetscript
	check_match "no errors, $iptables" "$(inR cat /proc/net/packetscript)" $'\n0 +2 +[0-9]+ +0 '
	inR $iptables -t mangle -F
done
