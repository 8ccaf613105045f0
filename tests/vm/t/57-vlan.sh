#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# VLAN tags: a bridge hands tagged frames to iptables, with the tag that the kernel keeps outside of the packet.
. /tests/lib.sh

hosts '[ $ns = R ] || { echo 0 >ipv6/conf/all/accept_dad; echo 0 >ipv6/conf/default/accept_dad; }'
modprobe -a br_netfilter 8021q
inR sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1 \
	net.bridge.bridge-nf-filter-vlan-tagged=1
bridged
# A is in VLAN 5 and B in 6: only who rewrites the tag brings them together
join() {
	ip -n "$1" -batch - <<-END
		link set eth0 up
		link add link eth0 name vlan type vlan id $2
		addr add 192.0.2.$3/24 dev vlan
		addr add fd00::$3/64 dev vlan nodad
		link set vlan up
	END
}
join A 5 1
join B 6 2
mac_A=$(ip -n A -br link show eth0 | awk "{ print \$3 }") mac_B=$(ip -n B -br link show eth0 | awk "{ print \$3 }")
knows() { for address in "192.0.2.$3" "fd00::$3"; do ip -n "$1" neigh replace "$address" lladdr "$4" dev "$2"; done; }
knows A vlan 2 "$mac_B"
knows B vlan 1 "$mac_A"

cat >retag.lua <<'END'
local other = { [5] = 6, [6] = 5 }
local seen = {}

function retag(p)
  local eth = p:data(packet_eth)
  local vlan = eth:data(packet_vlan)
  if not vlan then return XT_CONTINUE end
  local ip = vlan:data(packet_ip) or vlan:data(packet_ip6)
  if not ip or eth.type ~= 0x8100 or eth:data(packet_ip) then return NF_DROP end
  if not seen[vlan.vid] then
    seen[vlan.vid] = true
    print("tag", vlan.vid, vlan.pcp, vlan.type, ip:get_offset())
  end
  vlan.vid = other[vlan.vid]
  vlan.pcp = 3
  return XT_CONTINUE
end

function untag(p)
  local eth = p:data(packet_eth)
  local vlan = eth:data(packet_vlan)
  if vlan then eth.type = vlan.type end
  return XT_CONTINUE
end
END

# sees WHAT: what tcpdump calls it, in the first ping that reaches B
sees() {
	dump B seen 60 -c 1 -nneti eth0 'icmp or vlan and icmp'
	inA ping -c 4 -i 0.2 -W 1 192.0.2.2 >/dev/null || true
	wait $!
	grep -oE "$1" seen
}

check_fails 'without a rule they do not meet' inA ping -c 1 -W 1 192.0.2.2
for command in iptables ip6tables; do
	inR $command -t raw -A PREROUTING -j LUA --script retag.lua --function retag
done
check 'retagged by a script: ping' inA ping -c 3 -i 0.2 -W 60 192.0.2.2
check 'and over IPv6' inA ping -c 3 -i 0.2 -W 60 fd00::2
check 'it has seen tag, type and place' klog_has 'tag.5.0.2048.18'
check 'and those of the answers' klog_has 'tag.6.0.2048.18'
udp_echo B 192.0.2.2 7
check_eq 'datagrams in fragments' "$(udp_ask A 192.0.2.2 7 "$(printf '%4000s' x)" | wc -c)" 4000
check_eq 'frames leave with the new tag and priority' "$(sees 'vlan [0-9]+, p [0-9]+')" 'vlan 6, p 3'

# a match sees the tag in a copy, and leaves it where it is
cat >tag.lua <<'END'
function match_packet(p)
  local vlan = p:data(packet_eth):data(packet_vlan)
  return vlan and vlan.vid == 5 and vlan:data(packet_ip) ~= nil
end
END
inR iptables -t raw -F
inR iptables -t raw -A PREROUTING -p icmp -m lua --script tag.lua
inR iptables -t raw -A PREROUTING -p icmp -m lua ! --script tag.lua
inR iptables -t raw -A PREROUTING -j LUA --script retag.lua --function retag
check 'retagged behind a match that reads the tag: ping' inA ping -c 3 -i 0.2 -W 60 192.0.2.2
check_eq 'the match tells questions from answers' \
	"$(inR iptables -t raw -vxnL PREROUTING | awk '/ lua/ { print $1 }' | paste -sd ' ')" '3 3'

inR iptables -t raw -F
inR iptables -t raw -A PREROUTING -j LUA --script retag.lua --function untag
check_eq 'a type that tells of no tag takes it away' "$(sees 'ethertype [^ ]+|vlan')" 'ethertype IPv4'
