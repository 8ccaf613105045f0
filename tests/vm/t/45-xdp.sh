#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript attach --hook xdp': scripts that a program of XDP asks, by the driver and without it, with views of the whole frame.
. /tests/lib.sh
. /tests/frames.sh

topology
write_script xdp.lua <<'LUA'
function queue(eth) return icmp(eth) and NF_QUEUE or NF_ACCEPT end
function marks(eth) if icmp(eth) then eth:mark(7) end return NF_ACCEPT end
function size(eth)
  if icmp(eth) then print("size", #eth) end
  return NF_ACCEPT
end
function across(eth)
  if not icmp(eth) then return NF_ACCEPT end
  local to = eth:dev_in() == "rA" and "rB" or "rA"
  eth.dmac = to == "rB" and TO or FROM
  return nf.redirect(eth, to)
end
function translates(eth)
  local ip = icmp(eth)
  if ip then print("nat", nf.nat(ip, { dnat = "10.0.0.2" })) end
  return NF_ACCEPT
end
function told(eth)
  if icmp(eth) then
    local ct = eth:ct()
    print("at", eth:hook(), eth:dev_in(), eth:dev_out(), eth:mark(), eth:uid(), ct and ct:state())
  end
  return NF_ACCEPT
end
function tags(eth)
  local vlan = eth:data(packet_vlan)
  if vlan then
    local ip = vlan:data(packet_ip)
    print("vlan", vlan.vid, ip and tostring(ip.daddr))
  end
  return NF_ACCEPT
end
local function udp_of(eth)
  local ip = eth:data(packet_ip)
  local udp = ip and ip.protocol == 17 and ip:data(packet_udp)
  return udp and udp.dport == 7 and udp
end
function longer(eth)
  local udp = udp_of(eth)
  if udp then udp:data():set("good morning") end
  return NF_ACCEPT
end
function shorter(eth)
  local udp = udp_of(eth)
  if udp then udp:data():set("bye") end
  return NF_ACCEPT
end
function endless(eth)
  local udp = udp_of(eth)
  if udp then udp:data():set(("x"):rep(20000)) end
  return NF_ACCEPT
end
LUA

said=$(at_rA xdp pass 2>&1) || need_types "$said" "$(ip -n R link show dev rA | grep xdp || true)"
check 'a packet passes' pings
check_eq 'the driver takes the program' "$said" ''
check_match 'ip shows it' "$(ip -n R link show dev rA)" 'xdp'
check_match 'list shows it' "$(packetscript list --netns R)" 'hook netdev XDP of rA, priority 0: pass, on error drop, object eth'
check_match 'another one is refused' "$(at_rA xdp drop 2>&1 || true)" "a device has one program at XDP, and that of $PWD/xdp.lua is there: detach it first"
check_match 'there are no priorities' "$(at_rA xdp drop -p 5 2>&1 || true)" 'XDP has no priorities'
check_fails 'it holds the modules' modprobe -r packetscript_bpf packetscript
check_eq 'detached, and told' "$(packetscript detach xdp.lua --netns R)" "detached netdev xdp of rA, priority 0: pass of $PWD/xdp.lua"
check_fails 'so is the program' bash -c 'ip -n R link show dev rA | grep -w prog'

# What leaves A and B has whole checksums: the driver makes no others.
offload off
mkdir -p www && echo hello >www/index.html && head -c 300000 /dev/zero >www/big.txt
start_nginx B "$PWD/www" 10.0.0.2:80
start_nginx B "$PWD/www" '[fd00:b::2]:80'
udp_echo B 10.0.0.2 7
for mode in native generic; do
	at_rA xdp drop --xdp-mode $mode
	check "$mode: dropped" no_ping
	check_eq "$mode: counted" "$(verdicts NF_DROP)" 1
	away
	# the driver of veth wants the other side to be ready for what is sent to it; what is sent back waits there, unless that has a program, too
	inA ethtool -K eth0 gro on
	inB ethtool -K eth0 gro on
	packetscript attach xdp.lua --netns A --hook xdp --dev eth0 -f pass
	at_rA xdp answer --xdp-mode $mode
	check_match "$mode: NF_TX: the script answers" "$(inA ping -c 5 -i 0.01 -W 60 10.0.0.77)" 'ttl=99 .*5 received'
	check "$mode: what is not for it passes" pings
	away
	packetscript detach xdp.lua --netns A >/dev/null
	before=$(snmp B Icmp InEchos)
	echo 0 | inR tee /proc/sys/net/ipv4/ip_forward >/dev/null
	at_rA xdp send --xdp-mode $mode
	inA ping -q -c 1 -W 0.3 10.0.0.2 >/dev/null || true
	check_eq "$mode: nf.redirect(): comes there, though the router does not forward" $(($(snmp B Icmp InEchos) - before)) 1
	away
	at_rA xdp across --xdp-mode $mode
	packetscript attach xdp.lua --netns R --hook xdp --dev rB -f across --xdp-mode $mode
	both_ways "$mode: from device to device" 10.0.0.2 192.168.0.2
	echo 1 | inR tee /proc/sys/net/ipv4/ip_forward >/dev/null
	away
	for how in 'nowhere redirect: rC: there is no such device' 'unnamed NF_REDIRECT: nf.redirect\(\) has to say' \
		'stolen NF_STOLEN and NF_QUEUE: at XDP' 'queue NF_STOLEN and NF_QUEUE: at XDP' 'fails on purpose' 'marks mark: it cannot be set here'; do
		dmesg -C
		at_rA xdp "${how%% *}" --xdp-mode $mode
		check "$mode: ${how%% *}: dropped" no_ping
		check "$mode: ${how%% *}: told" klog_has "${how#* }"
		away
	done
	at_rA xdp fails --xdp-mode $mode --on-error accept
	check "$mode: an error passes, as --on-error has it" pings
	away
	stops xdp "$mode" --xdp-mode $mode
	sees_borders "$mode" R xdp rA A:eth0 "$(mac R rA)" --xdp-mode $mode
	at_rA xdp told --xdp-mode $mode
	check "$mode: what goes along" pings
	check "$mode: is the device and the hook" klog_has 'at.+XDP.+rA.+nil.+nil.+nil'
	away
	at_rA xdp ttl --xdp-mode $mode
	timeout 60 packetscript trace --netns R --count 1 icmp >traced 2>&1 &
	tracing=$!
	is_traced() { pings && ! kill -0 $tracing 2>/dev/null; }
	check "$mode: written" wait_for is_traced
	wait $tracing || true
	check_match "$mode: trace shows it" "$(cat traced)" 'XDP in rA .*ttl 64 → 44'
	away
	at_rA xdp there --xdp-mode $mode
	packetscript attach xdp.lua --netns R --hook xdp --dev rB -f back --xdp-mode $mode
	check "$mode: DNAT" pings 10.0.0.9
	check "$mode: DNAT of IPv6" pings fd00:b::9
	check_eq "$mode: curl" "$(inA curl -s --max-time 60 http://10.0.0.9/)" hello
	check_eq "$mode: curl of IPv6, of more than a segment" "$(inA curl -s --max-time 60 'http://[fd00:b::9]/big.txt' | wc -c)" 300000
	check_eq "$mode: fragments" "$(inA ping -q -c 1 -s 4000 -W 60 10.0.0.9 | grep -o '1 received')" '1 received'
	away
	at_rA xdp longer --xdp-mode $mode
	check_eq "$mode: a payload gets longer" "$(udp_ask A 10.0.0.2 7 hello)" 'good morning'
	away
	at_rA xdp shorter --xdp-mode $mode
	check_eq "$mode: and shorter" "$(udp_ask A 10.0.0.2 7 'good morning')" 'bye'
	away
	dmesg -C
	at_rA xdp endless --xdp-mode $mode
	check_fails "$mode: not longer than there is room" udp_ask A 10.0.0.2 7 hello 0.5
	check_match "$mode: and that is told" "$(dmesg)" 'xdp.lua'
	away
done
check_eq 'checksums are right' "$(snmp_sum 'Tcp InCsumErrors' 'Udp InCsumErrors' 'Icmp InCsumErrors')" 0
ip -n R link add name rC index 2147483647 type dummy
at_rA xdp nowhere
check 'a device of a number that leaves no room: dropped' no_ping
check 'and told' klog_has 'number \(ifindex\) is too large'
away
ip -n R link del rC
at_rA xdp translates
check 'translation' pings
check 'is not done here' klog_has 'nat.+connections are not translated here'
away
ip -n A link add link eth0 name eth0.5 type vlan id 5
ip -n R link add link rA name rA.5 type vlan id 5
inA ethtool -K eth0 txvlan off
ip -n A addr add 192.168.5.2/24 dev eth0.5 && ip -n A link set eth0.5 up
ip -n R addr add 192.168.5.1/24 dev rA.5 && ip -n R link set rA.5 up
at_rA xdp tags
check 'a VLAN' pings 192.168.5.1
check 'its tag is seen' klog_has 'vlan.+5.+192.168.5.1'
away

# --- frames that are larger than a page ---
at_rA xdp size
check_match 'with a program by the driver, no device gets larger packets' "$(ip -n A link set eth0 mtu 9000 2>&1 || true)" 'mtu greater than device maximum'
away
ip -n A link set eth0 mtu 9000
ip -n R link set rA mtu 9000
check_match 'where packets are larger, the driver refuses, and says why' "$(at_rA xdp size --xdp-mode native 2>&1 || true)" \
	'^packetscript: --dev rA: XDP: .*Peer MTU is too large to set XDP'
check_eq 'and nothing is there' "$(packetscript list --netns R)" ''
check_match 'otherwise it is generic, and the same is said' "$(at_rA xdp size 2>&1)" \
	'^packetscript: --dev rA: its driver takes no program \(.*Peer MTU is too large to set XDP\): it is at XDP as --xdp-mode generic'
check 'which has frames in one piece' inA ping -q -c 1 -s 8000 -M do -W 60 192.168.0.1
check 'of that size' klog_has 'size.+8042'
offload on
check_eq 'and what devices cut' "$(inA curl -s --max-time 60 http://10.0.0.2/big.txt | wc -c)" 300000
offload off
away
ip -n A link set eth0 mtu 1500
ip -n R link set rA mtu 1500

# --- what else is there, what comes and goes ---
check_match 'a device without Ethernet' "$(modprobe tun; ip -n R tuntap add dev t0 mode tun; packetscript attach xdp.lua --netns R --hook xdp --dev t0 -f drop 2>&1 || true)" \
	'at XDP, scripts have packets of Ethernet only'
ip -n R link add d0 type dummy
check_match 'a driver that takes no program' "$(packetscript attach xdp.lua --netns R --hook xdp --dev d0 -f drop 2>&1)" 'its driver takes no program \(.*native mode\): it is at XDP as --xdp-mode generic'
away
check_fails 'or the user wants it to' packetscript attach xdp.lua --netns R --hook xdp --dev d0 -f drop --xdp-mode native
check_eq 'then nothing is left' "$(packetscript list --netns R)" ''
loaded xdp xdp "$(rounds 200 10)"
check_match 'and packets pass' "$received" '^[0-9]{3,} received'
at_rA xdp drop --percpu
check 'a device that goes' ip -n R link del rA
check 'takes its hook along' wait_for bash -c '[ -z "$(packetscript list --netns R)" ]'
check 'and the modules can go' wait_for modprobe -r packetscript_bpf packetscript_nat xt_LUA packetscript
