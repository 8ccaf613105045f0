#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# -m lua: a function says which packets a rule is about, and changes nothing.
. /tests/lib.sh

topology
cat >match.lua <<'END'
seen = 0
function match_packet(p)
  local ip = p:data(packet_eth):data(packet_ip) or p:data(packet_eth):data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  seen = seen + 1
  return udp and udp.dport == 7
end
function is_far(p) return p.ttl < 64 end
function is_far6(p) return p.hop_limit < 64 end
function writes(p) p:data(packet_eth):data(packet_ip).ttl = 9 return true end
function says_1(p) return 1 end
function waits(p) while true do end end
function process_packet(p) print("seen", seen) return XT_CONTINUE end
-- reads the last byte, which is in a page: the packet stays as it is
function last(p) return p:get()[#p - 1] ~= nil end
END
echo 'function match_packet(p) return true end' >other.lua
counted() { inR "$1" -t mangle -vxnL FORWARD | awk '/ lua/ { print $1 }' | paste -sd ' '; }
ping4() { inA ping -c 1 -W "$1" 10.0.0.2; }

udp_echo B 10.0.0.2 7
udp_echo B 10.0.0.2 8
udp_echo B fd00:b::2 7
for iptables in iptables-legacy iptables-nft; do
	dmesg -C
	rule() { inR $iptables -t mangle -A FORWARD "$@"; }
	only() { inR $iptables -t mangle -F && rule "$@"; }

	only -m lua --script match.lua -j DROP
	check_fails "$iptables: what matches is dropped" udp_ask A 10.0.0.2 7 hello 1
	check_eq "$iptables: what does not passes" "$(udp_ask A 10.0.0.2 8 hello)" hello
	only -m lua ! --script match.lua -j DROP
	check_fails "$iptables: ! is the other way round" udp_ask A 10.0.0.2 8 hello 1
	only -d 10.0.0.2 -m lua ! --script match.lua -j DROP
	check_eq "$iptables: here, too" "$(udp_ask A 10.0.0.2 7 hello)" hello
	only -d 10.0.0.2 -m lua --script match.lua --function is_far --object ip -j ACCEPT
	rule -s 10.0.0.2 -m lua ! --script match.lua --function is_far --object ip -j ACCEPT
	check "$iptables: --object ip" ping4 60
	check_eq "$iptables: it has the field it should have" "$(counted $iptables)" '1 0'

	# two matches, and a target that has the same globals
	only -p icmp -m lua --script match.lua --function last -m lua ! --script match.lua --state 1 \
		-j LUA --script match.lua --state 1
	check "$iptables: several on a rule" ping4 60
	check "$iptables: match and target share a state" klog_has 'state 1: .*seen.1$'
	rule -m lua ! --script "$PWD/match.lua" --function says_1 --state 2 --percpu --memory 2M --on-error drop --object eth
	inR $iptables-save -t mangle >before
	sed '/^[#:]/d' before >rules
	check_match "$iptables: saved" "$(tail -n 2 rules | head -n 1)" \
		"-m lua ! --script \"?$PWD/match.lua\"? --function says_1 --state 2 --percpu --memory 2M --on-error drop --object eth$"
	inR $iptables-restore <before
	inR $iptables-save -t mangle | sed '/^[#:]/d' >after
	check "$iptables: restored, and saved again, it is the same" diff rules after
	check "$iptables: /proc has it" inR grep -qx "    match iptables mangle FORWARD: says_1, on error drop, object eth" \
		/proc/net/packetscript
	check "$iptables: -C finds it" inR $iptables -t mangle -C FORWARD -m lua ! --script match.lua --function says_1 --state 2 \
		--percpu --memory 2M --on-error drop --object eth
	check "$iptables: -D finds it" inR $iptables -t mangle -D FORWARD -m lua ! --script match.lua --function says_1 --state 2 \
		--percpu --memory 2M --on-error drop --object eth
	check_fails "$iptables: another one it does not" inR $iptables -t mangle -C FORWARD -m lua --script match.lua \
		--function says_1 --state 2 -j DROP

	# errors
	for function in writes says_1 waits; do
		[ $function != waits ] || echo 50 >/sys/module/packetscript/parameters/packet_ms
		for not in '' '!'; do
			# shellcheck disable=SC2086 # not may be nothing
			only -p icmp -m lua $not --script match.lua --function $function -j DROP
			check "$iptables: $not $function does not match" ping4 60
			only -p icmp -m lua $not --script match.lua --function $function --on-error drop -j ACCEPT
			check_fails "$iptables: $not $function --on-error drop drops" ping4 0.5
		done
	done
	echo 1000 >/sys/module/packetscript/parameters/packet_ms
	check "$iptables: what writes is told" klog_has \
		'state 0: .*match.lua:10: the packet is read-only: a match says .* \(on error: continue\)'
	check "$iptables: what says no yes or no is told" klog_has 'match.lua:11: the handler returned 1, which is neither true nor false'
	check_match "$iptables: errors are counted" "$(inR awk '$1 == 0 { print $4 }' /proc/net/packetscript)" '^[1-9]'
	check_fails "$iptables: a function that is not there" only -m lua --script other.lua --function process_packet -j ACCEPT
	inR $iptables -t mangle -F
done

inR ip6tables -t mangle -A FORWARD -m lua --script match.lua -j DROP
check_fails 'ip6tables: what matches is dropped' udp_ask A fd00:b::2 7 hello 1
inR ip6tables -t mangle -F
inR ip6tables -t mangle -A FORWARD -d fd00:b::2 -m lua --script match.lua --function is_far6 --object ip6 -j DROP
check_fails 'ip6tables: --object ip6' udp_ask A fd00:b::2 7 hello 1
check_fails 'ip6tables has no IPv4' inR ip6tables -t mangle -A FORWARD -m lua --script match.lua --object ip -j DROP
inR ip6tables -t mangle -F

# what others hold of the packet, headers and pages, stays where it is, whoever reads how much of it
mkdir www
dd if=/dev/urandom of=www/file.txt bs=100k count=40 status=none
start_nginx B "$PWD/www" 10.0.0.2:80
sum=$(sha256sum <www/file.txt)
for how in off on; do
	offload $how
	for iptables in iptables-legacy iptables-nft; do
		for chain in PREROUTING FORWARD POSTROUTING; do
			inR $iptables -t mangle -A $chain -p tcp -s 10.0.0.2 -m lua --script match.lua --function last -m length --length 40:65535
			inR $iptables -t mangle -A $chain -p tcp -s 10.0.0.2 --sport 80
		done
		check_eq "$iptables: a download through matches that read all of it, offload $how" \
			"$(inA timeout 300 curl -s http://10.0.0.2/file.txt | sha256sum)" "$sum"
		check "$iptables: each has seen it, and the rule behind it, offload $how" \
			[ "$(inR $iptables -t mangle -vxnL | awk '/ lua|spt:80/ && $1 > 20' | wc -l)" = 6 ]
		inR $iptables -t mangle -F
	done
done
inR iptables -t mangle -A FORWARD -p tcp -s 10.0.0.2 -m lua --script match.lua --function last
inA timeout 300 curl -s http://10.0.0.2/file.txt >/dev/null
check 'and bytes that were in pages are counted' [ "$(inR awk '$1 == 0 { print $NF }' /proc/net/packetscript)" -gt 0 ]
inR iptables -t mangle -F

# rules come and go under load; then the module
ip netns exec A timeout 1000 ping -f -q -s 1200 10.0.0.2 >/dev/null 2>&1 & load=$!
for ((i = $(rounds 10 4); i; i--)); do
	for iptables in iptables-legacy iptables-nft; do
		inR $iptables -t mangle -A PREROUTING -m lua --script match.lua --function last --state $((i % 3)) -j LUA --script match.lua \
			--function last --on-error continue --state $((i % 3))
		inR $iptables -t mangle -I FORWARD -m lua ! --script other.lua --state $((i % 3)) -j DROP
	done
	inR iptables-legacy -t mangle -F
	inR iptables-nft -t mangle -F
done
check_fails 'a rule with a match is in use' eval \
	'inR iptables -t mangle -A FORWARD -m lua --script other.lua -j ACCEPT; rmmod xt_LUA; s=$?; inR iptables -t mangle -F; exit $s'
check 'the modules go while packets flow' wait_for unload
check 'and come with a match' inR iptables -t mangle -A FORWARD -m lua --script other.lua -j ACCEPT
inR iptables -t mangle -F
kill $load
wait $load || true
check 'packets pass' ping4 60
