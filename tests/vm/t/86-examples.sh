#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Examples that watch, answer and ask: port_scan.lua, arp_responder.lua with ping_responder.lua, keep_alive.lua.
. /tests/lib.sh

topology
cp /examples/*.lua .
sed -i 's/WINDOW, BLOCKED = 20, 10000/WINDOW, BLOCKED = 20, 200000/' port_scan.lua # an emulated machine takes its time for twenty tries

# --- who tries many ports is reported from process context, and blocked
inR iptables -t mangle -A PREROUTING -p tcp --syn -j LUA --script port_scan.lua --percpu
inR ip6tables -t mangle -A PREROUTING -p tcp --syn -j LUA --script port_scan.lua --percpu
# refused NS ADDRESS PORT…: each is answered at once, that nobody listens there
refused() {
	at "$1" bash -c 'for port in "${@:1}"; do
		timeout 30 bash -c "exec 3<>/dev/tcp/$0/$port" 2>/dev/null
		[ $? = 1 ] || exit
	done' "${@:2}"
}
check 'nineteen ports may be tried' refused A 10.0.0.2 {1..19}
check 'the same ones again, too' refused A 10.0.0.2 {1..19}
check_fails 'nothing is reported' klog_has 'tries many ports'
check 'and the twentieth' refused A 10.0.0.2 20
check 'then the host is reported' wait_for klog_has 'port_scan.lua:[0-9]+: 192.168.0.2 tries many ports'
check_eq 'and blocked' "$(inA timeout 2 bash -c 'exec 3<>/dev/tcp/10.0.0.2/21' 2>/dev/null || echo $?)" 124
check 'others are not' refused B 192.168.0.2 22
check 'and pings pass' inA ping -q -c 1 -W 60 10.0.0.2
check 'of IPv6, too, another address is another host' refused A fd00:b::2 {1..20}
check 'which is noticed' wait_for klog_has 'fd00:a::2 tries many ports'
check_eq 'and blocked' "$(inA timeout 2 bash -c 'exec 3<>/dev/tcp/fd00:b::2/21' 2>/dev/null || echo $?)" 124
check_eq 'each is reported once' "$(klog_since | grep -c 'tries many ports')" 2
inR iptables -t mangle -F
inR ip6tables -t mangle -F

# --- a network that is not there, on the link of A
mac=$(ip -n R -br link show rA | awk '{ print $3 }')
sed "s/^local DEVICE, MAC = .*/local DEVICE, MAC = 'rA', '$mac'/" arp_responder.lua >arp_rA.lua
ip -n A addr add 198.51.100.1/24 dev eth0
neighbour() { ip -n A neigh show 198.51.100.9 | awk '{ for (i = 1; i < NF; i++) if ($i == "lladdr") print $(i + 1) }'; }
ip -n R route add 198.51.100.0/24 dev rA
inR iptables -t mangle -A PREROUTING -p icmp --icmp-type echo-request -j LUA --script ping_responder.lua
check_fails 'nobody has the address' inA ping -q -c 1 -W 2 198.51.100.9
inR arptables -A INPUT -i rA -j LUA --script arp_rA.lua
ip -n A neigh flush dev eth0 # so that A asks anew
check 'a script answers for it, by ARP and ICMP' inA ping -q -c 3 -i 0.2 -W 60 198.51.100.9
check_eq "with the router's MAC address" "$(neighbour)" "$mac"
ip -n A neigh flush dev eth0
check 'of other addresses whose they are is told by those' inA ping -q -c 1 -W 60 192.168.0.1
inR iptables -t mangle -F
inR arptables -F

# --- a peer that is asked all the time
sed "s/^local SELF, PEER = .*/local SELF, PEER = '192.168.0.1', '192.168.0.2'/; s/^local EVERY, MISSES = .*/local EVERY, MISSES = 300, 3/" \
	keep_alive.lua >keep_alive_A.lua
dmesg -C
told() { [ "$(klog_since | grep -c "keep_alive_A.lua:[0-9]*: 192.168.0.2 $1")" = "$2" ]; }
before=$(snmp A Icmp InEchos)
inR iptables -t mangle -A INPUT -p icmp --icmp-type echo-reply -j LUA --script keep_alive_A.lua
check 'a peer that answers is there' wait_for told answers 1
asked() { [ $(($(snmp A Icmp InEchos) - before)) -ge 10 ]; }
check 'it is asked again and again' wait_for asked
check 'and still there' told 'does not answer' 0
ip -n A link set eth0 down
check 'one that does not is not' wait_for told 'does not answer' 1
ip -n A link set eth0 up
check 'until it does again' wait_for told answers 2
check "others' answers come to them" inR ping -q -c 2 -i 0.2 -W 60 192.168.0.2
inR iptables -t mangle -F
