#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# The DNAT script of the tutorial, on packets of the machine itself and on forwarded ones.
. /tests/lib.sh

topology
ip -n B addr add 2.1.1.1/32 dev lo
ip -n B addr add 2.1.1.2/32 dev lo
ip -n R route add 2.1.1.0/24 via 10.0.0.2

# What arrives at B while COMMAND runs, or later: "protocol source > destination". If nothing does, what COMMAND said.
seen_at_B() {
	dump B dump 120 -lnni eth0 -Q in -c 1 'udp or icmp[icmptype] = icmp-echo'
	"$@" >sent 2>&1 || true
	wait $! || cat sent
	cat dump
}

udp_send() { at "$1" bash -c 'echo hello >/dev/udp/8.8.8.8/53'; }

# deliver TABLE CHAIN NS: a rule in R, packets from NS
deliver() {
	local where="$iptables, $2 of $1, from $3"
	inR $iptables -t $1 -A $2 -d 8.8.8.8 -j LUA --script /examples/dnat.lua
	for how in on off hosts; do
		offload $how
		check_match "ping goes to 2.1.1.1, $where, offload $how" \
			"$(seen_at_B at $3 ping -c 1 -W 0.1 8.8.8.8)" '> 2\.1\.1\.1: ICMP echo request'
		check_match "UDP goes to 2.1.1.1, $where, offload $how" "$(seen_at_B udp_send $3)" '> 2\.1\.1\.1\.53: '
	done
	inR $iptables -t $1 -F
}

ip -n R route add 8.8.8.8 via 10.0.0.2
for iptables in iptables-legacy iptables-nft; do
	deliver mangle POSTROUTING R
	deliver mangle POSTROUTING A
	deliver mangle OUTPUT R
	deliver mangle PREROUTING A
	deliver mangle FORWARD A
done
# TCP of R itself and of A, whose checksums R completes or not
mkdir www
head -c 1000000 /dev/urandom >www/file
start_nginx B "$PWD/www" 2.1.1.1:80
cat >back.lua <<'END'
function process_packet(p)
  p:data(packet_eth):data(packet_ip):saddr():set("8.8.8.8")
  return XT_CONTINUE
end
END
inR iptables -t mangle -A POSTROUTING -d 8.8.8.8 -j LUA --script /examples/dnat.lua
inR iptables -t mangle -A PREROUTING -s 2.1.1.1 -j LUA --script back.lua --state 1
for how in on off hosts; do
	offload $how
	for ns in R A; do
		check "TCP from $ns, offload $how" at $ns curl -sS -m 300 -o got http://8.8.8.8/file
		check "the copy is the same, from $ns, offload $how" cmp www/file got
	done
done
inR iptables -t mangle -F
check_eq "A saw no Tcp InCsumErrors" "$(snmp A Tcp InCsumErrors)" 0
check_eq "R saw no Tcp InCsumErrors" "$(snmp R Tcp InCsumErrors)" 0
for counter in 'Ip InHdrErrors' 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors'; do
	check_eq "B saw no $counter" "$(snmp B $counter)" 0
done

# what a view of the link layer is on each hook
cat >eth.lua <<'END'
function absent(p)
  local eth = p:data(packet_eth)
  assert(p:data(packet_ip) and eth:data(packet_ip) and eth:smac():get() == nil)
  assert(not pcall(function() eth:smac():set("00:00:00:00:00:01") end))
  return XT_CONTINUE
end
function present(p)
  local eth = p:data(packet_eth)
  assert(eth:type():get() == 0x0800 and eth:dmac():get():match("^%x%x:%x%x:%x%x:%x%x:%x%x:%x%x$"))
  assert(eth:data(packet_ip):get_offset() == 14)
  return XT_CONTINUE
end
END
lua="-j LUA --script $PWD/eth.lua --function"
for rule in 'PREROUTING -i rA' 'INPUT -i rA' 'FORWARD -i rA' 'PREROUTING -i lo'; do
	inR iptables -t mangle -A $rule $lua present
done
for rule in OUTPUT POSTROUTING; do
	inR iptables -t mangle -A $rule $lua absent
done
check 'forwarded' inA ping -c 1 -W 60 10.0.0.2
check 'to the router' inA ping -c 1 -W 60 192.168.0.1
check 'over loopback' inR ping -c 1 -W 60 127.0.0.1
check_match 'none of the claims failed' "$(inR cat /proc/net/packetscript)" $'\n0 +6 +[1-9][0-9]* +0 '
