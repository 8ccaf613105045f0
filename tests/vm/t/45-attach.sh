#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript attach' and 'detach': scripts at hooks of each family, without a table, under what comes and goes.
. /tests/lib.sh

topology
attach() { packetscript attach "$@"; }
detach() { packetscript detach "$@"; }
pings() { inA ping -q -c 1 -W 60 "${1:-10.0.0.2}"; }
# shellcheck disable=SC2086 # options are words
no_ping() { ! inA ping -q -c 1 -W 0.2 ${1:-10.0.0.2}; }
# number NAME: the first of that name in what stats says of R as JSON
number() { packetscript stats --netns R --json | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

cat >v4.lua <<'LUA'
function is_icmp(ip) return ip.protocol == 1 end
function drop(ip) return is_icmp(ip) and NF_DROP or XT_CONTINUE end
-- drops what is long, writes into what is not
function both(ip)
  if not is_icmp(ip) then return XT_CONTINUE end
  if ip.tot_len > 100 then return NF_DROP end
  ip.ttl = 77
  return NF_ACCEPT
end
-- 10.0.0.9 is 10.0.0.2
function there(ip)
  if ip.daddr == "10.0.0.9" then ip.daddr = "10.0.0.2" end
  return NF_ACCEPT
end
function back(ip)
  if ip.saddr == "10.0.0.2" then ip.saddr = "10.0.0.9" end
  return NF_ACCEPT
end
function count(ip) n = (n or 0) + 1 return is_icmp(ip) and XT_RETURN or NF_ACCEPT end
function again(ip) n = (n or 0) + 1 return n % 3 > 0 and NF_REPEAT or NF_ACCEPT end
function stolen(ip) return is_icmp(ip) and NF_STOLEN or NF_ACCEPT end
function queue(ip) return is_icmp(ip) and NF_QUEUE | 7 << 16 or NF_ACCEPT end
function fails(ip) if is_icmp(ip) then error("on purpose") end return NF_ACCEPT end
LUA

# --- who may not, and what there is not ---
check_match 'detach: without the module' "$(detach v4.lua 2>&1 || true)" 'the kernel module packetscript is not loaded'
check_match 'the count of strays is no parameter to load the module with' "$(modprobe packetscript strays=1 2>&1 || true)" 'Operation not permitted'
check 'and the module loads without' modprobe packetscript
modprobe -r packetscript
printf 'function process_packet(ip)\n  return NF_DROP +\nend\n' >broken.lua
status=0
said=$(attach broken.lua --hook input --netns R 2>&1) || status=$?
check_match 'a script that does not compile: file and line, though nothing had loaded the module' "$status $said" "^1 packetscript: .*broken.lua:3: unexpected symbol near 'end'"
check_match 'a function that is not there' "$(attach v4.lua --hook input -f nothing 2>&1 || true)" "v4.lua.*'nothing'"
check_match 'an object' "$(attach v4.lua --hook input -f drop --object arp 2>&1 || true)" 'v4.lua: --object: packets of this hook have no such header'
check_match 'a device' "$(attach v4.lua --hook ingress --dev eth9 -f drop 2>&1 || true)" '^packetscript: --dev eth9: there is no such device'
if modprobe -q nlmon; then
	ip -n R link add nm0 type nlmon
	for hook in ingress egress; do
		check_match "$hook: a device whose packets are what scripts cause" "$(attach v4.lua --netns R --hook $hook --dev nm0 -f drop 2>&1 || true)" \
			'^packetscript: --dev nm0: its packets are the kernel.s messages of netlink'
	done
	check_eq 'and nothing is there' "$(packetscript list --netns R)" ''
	ip -n R link del nm0
fi
check_match 'one that has to be said' "$(attach v4.lua --hook ingress -f drop 2>&1 || true)" 'hooks of netdev, and no others, are those of a device'
check_match 'who may not' "$(unshare -Un packetscript attach v4.lua --hook input 2>&1 || true)" '^packetscript: not permitted'
check_match 'nor within a namespace of users, as root of it' "$(unshare -Urn packetscript attach v4.lua --hook input -f drop 2>&1 || true)" '^packetscript: not permitted'

# --- IPv4, at each of the five hooks of R ---
# at_hook NS HOOK TTL
at_hook() {
	attach v4.lua --netns "$1" --hook "$2" -f both --on-error continue
	check "$2: dropped" no_ping '-s 100 10.0.0.2'
	check_match "$2: written" "$(inA ping -c 1 -W 60 10.0.0.2)" "ttl=$3 "
	check_eq "$2: detached, and told" "$(detach v4.lua --netns "$1")" "detached ip $2, priority 0: both of $PWD/v4.lua"
}
at_hook R prerouting 76
at_hook A input 77
at_hook R forward 77
at_hook B output 76
at_hook R postrouting 77
attach v4.lua --netns R --hook prerouting -f there -p dstnat
attach v4.lua --netns R --hook postrouting -f back -p srcnat+1
check 'addresses are translated, where routing sees it' pings 10.0.0.9
check_eq 'list shows them' "$(packetscript list --netns R | grep '^    hook')" "    hook ip PREROUTING, priority -100: there, on error drop, object ip
    hook ip POSTROUTING, priority 101: back, on error drop, object ip"
check_eq 'so does /proc' "$(inR grep '^    hook' /proc/net/packetscript)" "$(packetscript list --netns R | grep '^    hook')"
check_match 'and JSON' "$(packetscript list --netns R --json)" '"kind":"hook","family":"ip","device":null,"priority":-100,"function":"there","hooks":\["PREROUTING"\],"on_error":"drop","object":"ip"'
check_match 'the same once more is refused' "$(attach v4.lua --netns R --hook prerouting -f there -p -100 2>&1 || true)" \
	'its function there is there already, with priority -100: detach it first, or give another --priority$'
check 'not with another priority' attach v4.lua --netns R --hook prerouting -f there -p dstnat-1
detach v4.lua --netns R -p dstnat-1 --json >detached.json
check_eq 'detach: those of a priority' "$(cat detached.json)" \
	"[{\"script\":\"$PWD/v4.lua\",\"function\":\"there\",\"family\":\"ip\",\"hook\":\"prerouting\",\"device\":null,\"priority\":-101}]"
schema detach detached.json
check_eq 'detach: all' "$(detach v4.lua --netns R | wc -l)" 2
check_match 'detach: none' "$(detach v4.lua --netns R 2>&1 || true)" '^packetscript: .*v4.lua: is at no such hook'
check_eq 'then there is no state' "$(packetscript list --netns R)" ''
# what is sent from here has another way
attach v4.lua --netns R --hook output -f there --state 0 --json >attached.json
check_eq 'attach: as JSON' "$(cat attached.json)" \
	"{\"script\":\"$PWD/v4.lua\",\"function\":\"there\",\"family\":\"ip\",\"hook\":\"output\",\"device\":null,\"priority\":0,\"state\":0}"
schema attach attached.json
attach v4.lua --netns R --hook input -f back
ip -n R route add 10.0.0.9 via 192.168.0.2
check 'an address that is written on output is routed anew' inR ping -q -c 1 -W 60 -I 10.0.0.1 10.0.0.9
ip -n R route del 10.0.0.9
detach v4.lua --netns R >/dev/null

# --- verdicts, and counts ---
for verdict in 'drop stolen' 'pass again' 'pass count' 'drop queue' 'drop fails' 'pass fails --on-error accept' 'pass fails --on-error continue'; do
	# shellcheck disable=SC2086
	attach v4.lua --netns R --hook forward -f ${verdict#* } --percpu
	if [ "${verdict%% *}" = pass ]; then check "$verdict" pings; else check "$verdict" no_ping; fi
	detach v4.lua --netns R >/dev/null
done
check 'errors are told' klog_has 'state 0: .*v4.lua:23: on purpose \(on error: accept\)'
attach v4.lua --netns R --hook prerouting -f count
attach v4.lua --netns R --hook forward -f count
inA ping -q -c 20 -i 0.01 -W 60 10.0.0.2 >/dev/null
check_eq 'stats: each packet at each hook' "$(number packets)" 80

# --- reload ---
sed -i 's/^function count.*/function count(ip) return is_icmp(ip) and NF_DROP or NF_ACCEPT end/' v4.lua
check 'until it is loaded anew, the old text goes on' pings
check 'reload' packetscript reload --netns R
check 'then the new one' no_ping
check_match 'in the same state' "$(packetscript list --netns R)" 'state 0: 2 rules, generation 2, .* 85 packets, 0 errors'
sed -i 's/^function count/function other/' v4.lua
check_fails 'a text without the function is refused' packetscript reload --netns R
check_eq 'by --hook' "$(detach v4.lua --netns R --hook forward | wc -l)" 1
rm v4.lua
check_eq 'a script that is gone is detached' "$(detach v4.lua --netns R | wc -l)" 1

# --- inet: an address of IPv6, and IPv4 beside it ---
cat >inet.lua <<'LUA'
function there(ip)
  if ip.daddr == "fd00:b::9" then ip.daddr = "fd00:b::2" end
  if ip.daddr == "10.0.0.9" then ip.daddr = "10.0.0.2" end
  return NF_ACCEPT
end
function back(p)
  local ip6, ip = p:data(packet_ip6), p:data(packet_ip)
  if ip6 and ip6.saddr == "fd00:b::2" then ip6.saddr = "fd00:b::9" end
  if ip and ip.saddr == "10.0.0.2" then ip.saddr = "10.0.0.9" end
  return NF_ACCEPT
end
LUA
attach inet.lua --netns R --family inet --hook prerouting -p dstnat -f there
attach inet.lua --netns R --family inet --hook postrouting -p srcnat -f back --object raw
check 'inet: IPv6' pings fd00:b::9
check 'inet: and IPv4' pings 10.0.0.9
errors=$(snmp_sum 'Icmp6 InErrors' 'Icmp InErrors')
check_eq 'with right checksums' "$errors" 0
check_match 'inet: is two rules' "$(packetscript list --netns R | grep '^    hook')" 'hook inet PREROUTING, priority -100: there, on error drop, object ip
    hook inet PREROUTING, priority -100: there, on error drop, object ip6'
check_eq 'inet: is detached as one' "$(detach inet.lua --netns R --family inet | wc -l)" 2

# --- devices: ingress and egress, also of one that goes ---
cat >dev.lua <<'LUA'
function drop(eth) local ip = eth:data(packet_ip) return ip and ip.protocol == 1 and NF_DROP or XT_CONTINUE end
function ttl(eth)
  local ip = eth:data(packet_ip)
  if ip and ip.protocol == 1 then ip.ttl = #eth.smac == 17 and eth.type == 2048 and 44 or 1 end
  return XT_CONTINUE
end
function queue(eth) return NF_QUEUE end
LUA
attach dev.lua --netns R --hook ingress --dev rA -f drop
check 'ingress: dropped' no_ping
check_eq 'ingress: list' "$(packetscript list --netns R | grep '^    hook')" '    hook netdev INGRESS of rA, priority 0: drop, on error drop, object eth'
check_match 'ingress: detached' "$(detach dev.lua --netns R --dev rA)" '^detached netdev ingress of rA, priority 0: drop of '
attach dev.lua --netns R --hook ingress --dev rB -f ttl
check_match 'ingress: written' "$(inA ping -c 1 -W 60 10.0.0.2)" 'ttl=43 '
detach dev.lua --netns R >/dev/null
attach dev.lua --netns R --hook egress --dev rA -f ttl
check_match 'egress: written' "$(inA ping -c 1 -W 60 10.0.0.2)" 'ttl=44 '
detach dev.lua --netns R >/dev/null
attach dev.lua --netns R --hook egress --dev rA -f queue --on-error continue
check 'egress: nothing can be queued there' pings
check 'which is told' klog_has 'NF_QUEUE: there are no queues for ARP'
detach dev.lua --netns R >/dev/null

# --- ARP ---
cat >arp.lua <<'LUA'
function process_packet(arp) return arp.spa == "192.168.0.2" and NF_DROP or XT_CONTINUE end
LUA
ip -n R neigh flush all # what it would ask A would tell A its address
ip -n A neigh flush all
attach arp.lua --netns R --family arp --hook input
check 'arp: a filter' no_ping 192.168.0.1
detach arp.lua --netns R >/dev/null
check 'arp: and without it' pings 192.168.0.1

# --- fragments ---
cat >length.lua <<'LUA'
function process_packet(ip)
  if ip:len() > 1400 then nf.count(tostring(ip:len())) end
  return XT_CONTINUE
end
LUA
# lengths OPTION…: of large packets that it sees forwarded, with 14 bytes of Ethernet, and how many
lengths() {
	attach length.lua --netns R --hook forward --priority mangle --family inet --state 30 "$@"
	inA ping -q -c 1 -W 5 -s 4000 10.0.0.2 >/dev/null
	inA ping -q -c 1 -W 5 -s 4000 fd00:b::2 >/dev/null
	packetscript stats --netns R --state 30 --openmetrics | sed -n 's/.*counter_total{.*name="\([0-9]*\)"} \([0-9]*\)/\1 \2/p' | sort -n | xargs
	detach length.lua --netns R >/dev/null
}
check_eq 'fragments come one by one' "$(lengths)" '1510 4 1514 4'
check_eq 'with --defrag as the packets they are of, and back as well' "$(lengths --defrag)" '4042 2 4062 2'
check_eq 'and one by one again, when it is detached' "$(lengths)" '1510 4 1514 4'
check_match 'ARP has no fragments' "$(attach arp.lua --netns R --family arp --hook input --defrag 2>&1 || true)" ': --defrag is for ip, ip6 and inet$'

# --- a device that goes under traffic, and a namespace ---
ip netns exec A ping -f -q -s 1000 10.0.0.2 >/dev/null 2>&1 &
load=$!
ip netns add D
ip -n R link add tap type veth peer name eth0 netns D
ip -n R link set tap up
attach dev.lua --netns R --hook ingress --dev tap -f ttl
attach dev.lua --netns R --hook ingress --dev rB -f ttl
attach dev.lua --netns D --hook egress --dev eth0 -f ttl
attach dev.lua --netns D --hook input --family inet -f ttl --object raw
ip -n R link set tap down
ip -n R link set tap name tup
check_match 'a device with another name' "$(packetscript list --netns R)" 'hook netdev INGRESS of tup,'
check_fails 'the module is in use' rmmod packetscript
ip -n R link del tup
only_rB() { [ "$(packetscript list --netns R | grep '^    hook')" = '    hook netdev INGRESS of rB, priority 0: ttl, on error drop, object eth' ]; }
check 'a device that goes takes its own along' wait_for only_rB
ip -n R link del rB
no_state() { [ -z "$(packetscript list --netns R)" ]; }
check 'also under traffic' wait_for no_state
ip netns del D
kill $load
wait $load || true
check 'a namespace that goes, too: then the module can' wait_for unload

# --- a bridge ---
modprobe packetscript
ip netns del R
ip netns add R
for end in A:1 B:2; do
	ip -n R link add r${end%:*} type veth peer name eth1 netns ${end%:*}
	ip -n ${end%:*} addr add 192.0.2.${end#*:}/24 dev eth1
	ip -n ${end%:*} link set eth1 up
done
bridged
mac_A=$(ip -n A -br link show eth1 | awk '{ print toupper($3) }')
cat >mac.lua <<LUA
function outgoing(eth)
  if eth.smac == "$mac_A" then
    eth.smac = "02:00:00:00:00:0A"
    local arp = eth:data(packet_arp)
    if arp then arp.sha = "02:00:00:00:00:0A" end
  end
  return XT_CONTINUE
end
function incoming(eth)
  if eth.dmac == "02:00:00:00:00:0A" then
    eth.dmac = "$mac_A"
    local arp = eth:data(packet_arp)
    if arp then arp.tha = "$mac_A" end
  end
  return XT_CONTINUE
end
LUA
attach mac.lua --netns R --family bridge --hook prerouting -f incoming
attach mac.lua --netns R --family bridge --hook postrouting -p srcnat -f outgoing
check 'bridge: MAC translation' inA ping -q -c 1 -W 60 192.0.2.2
check_match 'bridge: the other side knows it by another address' "$(ip -n B neigh show 192.0.2.1)" 'lladdr 02:00:00:00:00:0a'
check_match 'bridge: list' "$(packetscript list --netns R | grep '^    hook')" 'hook bridge PREROUTING, priority -200: incoming, on error drop, object eth
    hook bridge POSTROUTING, priority 300: outgoing'
check_eq 'bridge: detached' "$(detach mac.lua --netns R | wc -l)" 2
