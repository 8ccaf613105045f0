#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# arptables and ebtables: an ARP filter, MAC addresses that a bridge translates, IP that it rewrites.
. /tests/lib.sh

hosts '[ $ns = R ] || { echo 0 >ipv6/conf/all/accept_dad; echo 0 >ipv6/conf/default/accept_dad; }'
virtual=02:00:00:00:00:0a
bridged
ip -n R addr add 192.0.2.3/24 dev br0
for end in A:1 B:2; do
	ip -n ${end%:*} -batch - <<-END
		addr add 192.0.2.${end#*:}/24 dev eth0
		link set lo up
		link set eth0 up
	END
done
mac() { ip -n "$1" -br link show "$2" | awk '{ print $3 }'; }
mac_A=$(mac A eth0) mac_B=$(mac B eth0) mac_R=$(mac R br0)
# neighbor NS ADDRESS: the MAC that it has learned
neighbor() { ip -n "$1" neigh show "$2" | awk '{ for (i = 1; i < NF; i++) if ($i == "lladdr") print $(i + 1) }'; }
forget() { for ns in A R B; do ip -n $ns neigh flush all; done; }
meets() { inA ping -c 2 -i 0.2 -W "${2:-60}" "192.0.2.$1"; }

# --- ARP
cat >arp.lua <<'END'
local gate = "192.0.2.1"
-- whom it does not know gets no answer
function process_packet(arp)
  if arp.oper == 1 and arp.spa == gate then
    print("asks", arp.sha, arp.tpa, arp:get_offset(), #arp, arp:hook(), arp:dev_in(), arp:dev_out())
    return NF_DROP
  end
  return XT_CONTINUE
end
function answers(arp)
  print("answers", arp.oper, arp:get_offset(), arp:hook(), arp:dev_in(), arp:dev_out())
  if arp.oper == 2 then arp.sha = "02:00:00:00:00:99" end
  return NF_ACCEPT
end
function link(eth)
  print("link", eth.smac, eth.type, eth:data(packet_arp).oper)
  return XT_CONTINUE
end
function whole(p) return p:data(packet_eth):data(packet_arp) and XT_CONTINUE or NF_DROP end
function broken(arp) return arp.ttl end
function queue() return NF_QUEUE end
END
check 'without a rule they meet' meets 3
forget
inR arptables -A INPUT -i br0 -j LUA --script arp.lua
check_fails 'arptables: a script that drops requests' meets 3 1
check 'it is given the ARP header, and what goes along' klog_has "asks.${mac_A^^}.192.0.2.3.14.28.INPUT.br0.nil"
check 'who is not meant is answered' inB ping -c 1 -W 60 192.0.2.3
inR arptables -F
inR arptables -A OUTPUT -j LUA --script arp.lua --function answers --state 4
forget
inB ping -c 1 -W 1 192.0.2.3 >/dev/null || true
check_eq 'answers are rewritten' "$(neighbor B 192.0.2.3)" 02:00:00:00:00:99
check 'on their way out they have their link-layer header' klog_has 'answers.2.14.OUTPUT.nil.br0'
inR arptables -F
inR arptables -A OUTPUT -j LUA --script arp.lua --function link --object eth
forget
check 'and go out with it' meets 3
check 'as --object eth shows' klog_has "link.${mac_R^^}.2054.2"
inR arptables -F
inR arptables -A INPUT -i br0 -j LUA --script arp.lua --function whole --object raw
inR arptables -A OUTPUT -o br0 -j LUA --script arp.lua --function broken --state 5 --percpu --memory 2M --on-error continue
forget
check 'arptables: --object raw, and --on-error continue' meets 3
inR arptables-save | sed '/^#/d' >before
check_match 'arptables: saved' "$(cat before)" \
	"-A OUTPUT -j LUA -o br0 --script \"?$PWD/arp.lua\"? --function broken --state 5 --percpu --memory 2M --on-error continue"
check_match 'with what the function is given' "$(cat before)" '-A INPUT -j LUA -i br0 --script .*arp.lua"? --function whole --object raw'
inR arptables-restore <before
inR arptables-save | sed '/^#/d' >after
check 'arptables: restored, and saved again, it is the same' diff before after
check 'arptables: /proc has it' inR grep -qx '    rule arptables filter OUTPUT: broken, on error continue, object arp' /proc/net/packetscript
check_fails 'arptables has no IP' inR arptables -A INPUT -j LUA --script arp.lua --object ip
inR arptables -A OUTPUT -j LUA --script arp.lua --function broken
forget
check_fails 'arptables: an error drops' meets 3 1
inR arptables -F

# Netfilter gives ARP to a program, and does not know where it goes on: it warns then, and loses the packet.
echo 'function process_packet() return NF_ACCEPT end' >accept.lua
inR packetscript queue accept.lua >queue.out 2>&1 & queue=$!
wait_for grep -q listen queue.out
inR arptables -A INPUT -j LUA --script arp.lua --function queue --on-error accept
forget
check 'arptables: there is no queue to return' meets 3
check 'which is told' klog_has 'state 0: .*NF_QUEUE: ARP has no queues .on error: accept'
kill $queue
wait $queue || true
inR arptables -F

# --- MAC addresses: B knows A by another one
cp /examples/mac.lua .
cat >>mac.lua <<'END'
function to_host(eth)
  if eth.dmac == "02:00:00:00:00:77" then eth.dmac = HOST end
  return XT_CONTINUE
end
END
sed -i "s/^\(local INSIDE .*= \).*/\1\"${mac_A^^}\"/; s/^\(local OUTSIDE .*= \).*/\1\"${virtual^^}\"/; s/HOST/\"${mac_R^^}\"/" mac.lua
inR ebtables -t nat -A PREROUTING -i rA -j LUA --script mac.lua --function outgoing
inR ebtables -t nat -A PREROUTING -i rB -j LUA --script mac.lua --function incoming
forget
check 'ebtables: MAC translation: they meet' meets 2
check_eq 'and B knows A by its other address' "$(neighbor B 192.0.2.1)" $virtual
check_eq 'while A knows B by its own' "$(neighbor A 192.0.2.2)" "$mac_B"
udp_echo B 192.0.2.2 7
offload hosts
check_eq 'datagrams in fragments' "$(udp_ask A 192.0.2.2 7 "$(printf '%4000s' x)" | wc -c)" 4000
mkdir www
dd if=/dev/urandom of=www/file.txt bs=100k count=20 status=none
start_nginx B "$PWD/www" 192.0.2.2:80
sum=$(sha256sum <www/file.txt)
check_eq 'a download' "$(inA timeout 300 curl -s http://192.0.2.2/file.txt | sha256sum)" "$sum"
offload on
check_eq 'a download with offloads' "$(inA timeout 300 curl -s http://192.0.2.2/file.txt | sha256sum)" "$sum"
inR ebtables-save | sed '/^#/d' >before
check_match 'ebtables: saved' "$(cat before)" "-A PREROUTING -i rA -j LUA +--script \"?$PWD/mac.lua\"? --function outgoing"
inR ebtables-restore <before
inR ebtables-save | sed '/^#/d' >after
check 'ebtables: restored, and saved again, it is the same' diff before after
check 'ebtables: /proc has it' inR grep -qx '    rule ebtables nat PREROUTING: outgoing, on error drop, object eth' /proc/net/packetscript
inR ebtables -t nat -F
# a frame with the address of the host has to be for the host
inR ebtables -t nat -A PREROUTING -i rA -j LUA --script mac.lua --function to_host
ip -n A neigh replace 192.0.2.3 lladdr 02:00:00:00:00:77 dev eth0
check 'ebtables: a frame that becomes the host'\''s is taken by it' meets 3
inR ebtables -t nat -F
check_fails 'without the rule it is not' meets 3 1
forget

# --- IP on the bridge: A talks to an address that nobody has
cat >ip.lua <<'END'
function there(ip)
  if ip and ip.daddr == "192.0.2.9" then ip.daddr = "192.0.2.2" ip.ttl = 9 end
  return XT_CONTINUE
end
function back(eth)
  local ip = eth:data(packet_eth):data(packet_ip)
  if not told then print("back", eth:hook(), eth:dev_in(), eth:dev_out(), eth:uid(), eth:mark(7), eth:mark()) end
  told = true
  if ip and ip.saddr == "192.0.2.2" and ip.daddr == "192.0.2.1" then ip.saddr = "192.0.2.9" end
  return XT_CONTINUE
end
function whole(p) return p:data(packet_eth):data(packet_ip) and XT_CONTINUE or NF_DROP end
END
ip -n A neigh replace 192.0.2.9 lladdr "$mac_B" dev eth0
inR ebtables -A FORWARD -i rA -j LUA --script ip.lua --function there --object ip
inR ebtables -A FORWARD -p IPv4 -i rB -j LUA --script ip.lua --function back
inR ebtables -A FORWARD -p IPv4 -j LUA --script ip.lua --function whole --object raw
errors() { snmp_sum 'Ip InHdrErrors' 'Udp InCsumErrors' 'Tcp InCsumErrors'; }
before=$(errors)
for how in off on hosts; do
	offload $how
	check "ebtables: IP is rewritten, offload $how" meets 9
	check_eq "datagrams, offload $how" "$(udp_ask A 192.0.2.9 7 hello)" hello
	check_eq "a download, offload $how" "$(inA timeout 300 curl -s http://192.0.2.9/file.txt | sha256sum)" "$sum"
done
check_eq 'all checksums are right' "$(errors)" "$before"
check 'ebtables: what goes along with a frame' klog_has 'back.FORWARD.rB.rA.nil.7.7'
inR ebtables -F

# --- verdicts
cat >verdicts.lua <<'END'
local function icmp(p) local ip = p:data(packet_ip) return ip and ip:data(packet_icmp) end
function drop(p) return icmp(p) and NF_DROP or XT_CONTINUE end
function accept(p) return icmp(p) and NF_ACCEPT or XT_CONTINUE end
function stolen(p) return icmp(p) and NF_STOLEN or XT_CONTINUE end
function returns(p) return icmp(p) and XT_RETURN or XT_CONTINUE end
function queue(p) return icmp(p) and NF_QUEUE | 5 << 16 or XT_CONTINUE end
function fails(p) if icmp(p) then error("on purpose") end return XT_CONTINUE end
local n = 0
function again(p) n = n + 1 return icmp(p) and n % 4 > 0 and NF_REPEAT or XT_CONTINUE end
END
inR ebtables -N sub
inR ebtables -P sub RETURN
# verdict WANTED FUNCTION [OPTION…]: in a chain behind whose rule comes a DROP, and behind the chain nothing
verdict() {
	local wanted=$1 text=$2
	inR ebtables -F sub
	inR ebtables -F FORWARD
	inR ebtables -A sub -j LUA --script verdicts.lua --function "$2" "${@:3}"
	inR ebtables -A sub -p IPv4 --ip-proto icmp -j DROP
	inR ebtables -A FORWARD -j sub
	if [ "$wanted" = pass ]; then check "ebtables: $*" meets 2; else check_fails "ebtables: $*" meets 2 1; fi
}
verdict drop drop
verdict pass accept
verdict drop stolen
verdict pass returns
verdict drop queue
verdict drop again
verdict drop fails
verdict pass fails --on-error accept
verdict drop fails --on-error continue
check 'errors are told' klog_has 'state 0: .*verdicts.lua:7: on purpose \(on error: accept\)'
for verdict in drop accept returns; do
	inR ebtables -F FORWARD
	inR ebtables -A FORWARD -j LUA --script verdicts.lua --function $verdict
	if [ $verdict = drop ]; then check_fails "a base chain: $verdict" meets 2 1; else check "a base chain: $verdict" meets 2; fi
done
inR ebtables -F

# --- what the bridge itself says
cat >stp.lua <<'END'
function process_packet(eth)
  if eth.dmac == "01:80:C2:00:00:00" then print("stp", eth.smac, eth:get_offset(), #eth:data()) end
  return XT_CONTINUE
end
END
inR ebtables -A OUTPUT -j LUA --script stp.lua
ip -n R link set br0 type bridge stp_state 1
check 'ebtables: frames that the bridge makes have their header' wait_for klog_has 'stp.02|stp.[0-9A-F:]{17}.0.[1-9]'
ip -n R link set br0 type bridge stp_state 0
inR ebtables -F
check 'they meet again' wait_for meets 2 1

# --- rules come and go under load; then the module
ip netns exec A timeout 1000 ping -f -q -s 1200 192.0.2.2 >/dev/null 2>&1 & load=$!
for ((i = $(rounds 15 6); i; i--)); do
	inR ebtables -t nat -A PREROUTING -j LUA --script mac.lua --function outgoing --state $((i % 3))
	inR ebtables -A FORWARD -j LUA --script ip.lua --function back --state $((i % 3))
	inR arptables -A INPUT -j LUA --script arp.lua --state $((i % 3))
	# The flood makes A's entry anew at once. ip gives up after ten rounds then, with status 255: they have emptied it.
	ip -n A neigh flush all || [ $? = 255 ]
	inR ebtables -t nat -F
	inR ebtables -F
	inR arptables -F
done
check 'the modules go while packets flow' wait_for unload
check 'and come back with ebtables' inR ebtables -A FORWARD -j LUA --script ip.lua --function back
inR ebtables -F
check 'and go again' wait_for unload
check 'and come back with arptables' inR arptables -A INPUT -j LUA --script arp.lua
inR arptables -F
kill $load
wait $load || true
check 'they meet' meets 2
