#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript attach --hook tc-ingress' and 'tc-egress': scripts that a program of BPF asks, with views of the whole frame.
. /tests/lib.sh
. /tests/frames.sh

topology
write_script tc.lua <<'LUA'
function tx(eth) return icmp(eth) and NF_TX or NF_ACCEPT end
function marks(eth)
  local ip = icmp(eth)
  if ip then ip:mark(7) print("at", ip:hook(), ip:dev_in(), ip:dev_out(), ip:mark()) end
  return NF_ACCEPT
end
function tags(eth)
  local vlan = eth:data(packet_vlan)
  if vlan then vids = vlan.vid print("vlan", vlan.vid) end
  return NF_ACCEPT
end
function longer(eth)
  local ip = eth:data(packet_ip)
  local udp = ip and ip.protocol == 17 and ip:data(packet_udp)
  if udp and udp.dport == 7 then udp:data():set("good morning") end
  return NF_ACCEPT
end
LUA

said=$(at_rA tc-ingress pass 2>&1) || need_types "$said" "$(inR tc filter show dev rA ingress)"
check 'a packet passes' pings
check_match 'list shows it' "$(packetscript list --netns R)" 'hook netdev TC-INGRESS of rA, priority 100: pass, on error drop, object eth'
check_match 'with counts' "$(packetscript list --netns R)" 'NF_ACCEPT [1-9]'
check_match 'tc shows a program' "$(inR tc filter show dev rA ingress)" 'pref 100 .*direct-action .*ps_hook_'
check_fails 'it holds the modules' modprobe -r packetscript_bpf packetscript
check_match 'the same once more is refused' "$(at_rA tc-ingress pass 2>&1 || true)" 'its function pass is there already, with priority 100'
check_eq 'detached, and told' "$(packetscript detach tc.lua --netns R)" "detached netdev tc-ingress of rA, priority 100: pass of $PWD/tc.lua"
check_eq 'so is the program' "$(inR tc filter show dev rA ingress)" ''

# --- verdicts ---
at_rA tc-ingress drop
check 'dropped' no_ping
check_eq 'counted' "$(verdicts NF_DROP)" 1
away
at_rA tc-ingress answer
check_match 'NF_TX: the script answers' "$(inA ping -c 1 -W 60 10.0.0.77)" 'ttl=99 '
check_eq 'NF_TX: counted' "$(verdicts NF_TX)" 1
check 'what is not for it passes' pings
away
echo 0 | inR tee /proc/sys/net/ipv4/ip_forward >/dev/null
check 'the router does not forward' no_ping
at_rA tc-ingress send
before=$(snmp B Icmp InEchos)
inA ping -q -c 1 -W 0.3 10.0.0.2 >/dev/null || true
check_eq 'nf.redirect(): comes there all the same' $(($(snmp B Icmp InEchos) - before)) 1
echo 1 | inR tee /proc/sys/net/ipv4/ip_forward >/dev/null
away
# refused TEXT HOOK FUNCTION REGEX: an error of the script
refused() {
	at_rA "$2" "$3"
	check "$1: dropped" no_ping
	check "$1: told" klog_has "$4"
	away
	at_rA "$2" "$3" --on-error accept
	check "$1: passes, as --on-error has it" pings
	away
}
refused 'a device that is not there' tc-ingress nowhere 'redirect: rC: there is no such device'
refused 'no device named' tc-ingress unnamed 'NF_REDIRECT: nf.redirect\(\) has to say'
refused 'NF_STOLEN' tc-ingress stolen 'NF_STOLEN and NF_QUEUE: at tc there are none'
refused 'NF_TX where it leaves' tc-egress tx 'NF_TX: at tc-egress the packet leaves by this device anyway'
refused 'an error' tc-ingress fails 'on purpose'
ip -n R link add name rC index 2147483647 type dummy
refused 'a device of a number that leaves no room' tc-ingress nowhere 'number \(ifindex\) is too large'
ip -n R link del rC
at_rA ingress tx
check 'NF_TX at a hook of netfilter: dropped' no_ping
check 'and told' klog_has 'NF_TX and NF_REDIRECT: only at tc and XDP'
away

# --- views ---
at_rA tc-ingress ttl
dump B seen 60 -c 1 -nvi eth0 icmp
inA ping -q -c 1 10.0.0.2 >/dev/null
wait $!
check_match 'link layer and IP are written, on ingress' "$(cat seen)" 'ttl 43,'
away
at_rA tc-egress ttl
check_match 'on egress' "$(inA ping -c 1 -W 60 10.0.0.2)" 'ttl=44 '
away
at_rA tc-ingress there
at_rA tc-egress back
for how in on off hosts; do
	offload $how
	check "DNAT, offloads $how" pings 10.0.0.9
	check "DNAT of IPv6, offloads $how" pings fd00:b::9
	mkdir -p www && echo hello >www/index.html && head -c 300000 /dev/zero >www/big.txt
	[ $how != on ] || { start_nginx B "$PWD/www" 10.0.0.2:80; start_nginx B "$PWD/www" '[fd00:b::2]:80'; }
	check_eq "curl, offloads $how" "$(inA curl -s --max-time 60 http://10.0.0.9/)" hello
	check_eq "curl of IPv6, of more than a segment, offloads $how" "$(inA curl -s --max-time 60 'http://[fd00:b::9]/big.txt' | wc -c)" 300000
	check_eq "fragments, offloads $how" "$(inA ping -q -c 1 -s 4000 -W 60 10.0.0.9 | grep -o '1 received')" '1 received'
done
check_eq 'checksums are right' "$(snmp_sum 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors')" 0
away
at_rA tc-ingress marks
packetscript attach tc.lua --netns R --hook tc-egress --dev rB -f marks -p 200
check 'marks' pings
check 'where it is, and marks' klog_has 'at.+TC-INGRESS.+rA.+nil.+7'
check 'on egress, too' klog_has 'at.+TC-EGRESS.+nil.+rB.+7'
away
at_rA tc-ingress longer
udp_echo B 10.0.0.2 7
check_eq 'a payload gets longer' "$(udp_ask A 10.0.0.2 7 hello)" 'good morning'
away
ip -n A link add link eth0 name eth0.5 type vlan id 5
ip -n R link add link rA name rA.5 type vlan id 5
ip -n A addr add 192.168.5.2/24 dev eth0.5 && ip -n A link set eth0.5 up
ip -n R addr add 192.168.5.1/24 dev rA.5 && ip -n R link set rA.5 up
at_rA tc-ingress tags
check 'a VLAN' pings 192.168.5.1
check 'its tag is seen' klog_has 'vlan.+5'
away

# --- frames and scripts that are not as they should be ---
sees_borders tc-ingress R tc-ingress rA A:eth0 "$(mac R rA)"
sees_borders tc-egress A tc-egress eth0 A:eth0 "$(mac R rA)"
stops tc-ingress tc-ingress

# --- two at once, one after the other, at two devices; under load; what goes ---
at_rA tc-ingress there -p 200
at_rA tc-ingress drop -p 300
check 'two: the second drops' no_ping 10.0.0.9
packetscript detach tc.lua --netns R -f drop >/dev/null
check 'two: the first one stays' pings
away
at_rA tc-ingress there
packetscript attach tc.lua --netns R --hook tc-ingress --dev rB -f back
both_ways 'two devices' 10.0.0.9 192.168.0.2
away
loaded tc-ingress tc-ingress "$(rounds 200 15)"
check_eq 'and no packet is lost' "$received" "$(rounds 20000 2000) received"
at_rA tc-ingress drop --percpu
check 'a device that goes' ip -n R link del rA
check 'takes its hook along' wait_for bash -c '[ -z "$(packetscript list --netns R)" ]'
check 'and the modules can go' wait_for modprobe -r packetscript_bpf xt_LUA packetscript
