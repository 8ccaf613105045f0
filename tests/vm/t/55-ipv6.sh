#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Translation of IPv6 addresses: A, behind R, seems to be fd00:b::1. ping, curl and dig, also through errors and fragments.
. /tests/lib.sh

topology
# no route back to A: without translation nothing gets through
ip -n B -6 route del default
check_fails 'without translation A gets no answer' inA ping -c 1 -W 1 fd00:b::2

cat >nat6.lua <<'END'
local inside, outside = "fd00:a::2", "fd00:b::1"

function leave(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then return NF_DROP end
  if ip.saddr == inside then ip.saddr = outside end
  return XT_CONTINUE
end

function enter(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  if not ip then return NF_DROP end
  local icmp = ip:data(packet_icmp6)
  if icmp and icmp.type >= 133 then return XT_CONTINUE end    -- neighbours are asked for R itself
  local about = icmp and icmp:data(packet_ip6)
  if about and about.saddr == outside then about.saddr = inside end
  if ip.daddr == outside then ip.daddr = inside end
  return XT_CONTINUE
end
END
# what the echo server sends back becomes an answer: there is no such name
cat >answer.lua <<'END'
function process_packet(p)
  local ip = p:data(packet_eth):data(packet_ip6)
  local udp = ip and ip:data(packet_udp)
  if not udp or #udp:data() < 12 then return NF_DROP end
  udp:data():write("\x81\x83", 2)
  return XT_CONTINUE
end
END

nat() {
	inR $1 -t mangle -A POSTROUTING -o rB -j LUA --script nat6.lua --function leave
	inR $1 -t mangle -A PREROUTING -i rB -j LUA --script nat6.lua --function enter
}

csum_errors() { snmp_sum 'Ip6 InHdrErrors' 'Tcp InCsumErrors' 'Udp6 InCsumErrors' 'Icmp6 InCsumErrors'; }

# a second datagram to a port where nobody listens fails, if the error about the first has come back
refused() { inA bash -c 'exec 3<>/dev/udp/fd00:b::2/9; echo 1 >&3; for i in {1..50}; do sleep 0.1; echo 2 >&3 || exit; done' 2>&1; }

mkdir www
head -c 10000000 /dev/urandom >www/file
start_nginx B "$PWD/www" '[fd00:b::2]:80'
udp_echo B fd00:b::2 7
udp_echo B fd00:b::2 53

for ip6tables in ip6tables-legacy ip6tables-nft; do
	check "$ip6tables takes the rules" nat $ip6tables
	inB $ip6tables -t mangle -A POSTROUTING -p udp --sport 53 -j LUA --script answer.lua
	for how in on off hosts; do
		offload $how
		with="$ip6tables, offload $how"
		check "ping, $with" inA ping -c 3 -i 0.1 -W 60 fd00:b::2
		check "ping of 1400 bytes, $with" inA ping -c 1 -s 1400 -W 60 fd00:b::2
		check "ping in fragments, $with" inA ping -c 1 -s 4000 -W 60 fd00:b::2
		check "10 MB by TCP, $with" inA curl -sS -m 300 -o got 'http://[fd00:b::2]/file'
		check "the copy is the same, $with" cmp www/file got
		check_eq "UDP, $with" "$(udp_ask A fd00:b::2 7 "hello, $with")" "hello, $with"
		check_match "dig, $with" "$(inA dig +time=30 +tries=1 @fd00:b::2 example.com AAAA)" 'status: NXDOMAIN'
		check_match "an error comes back, $with" "$(refused)" 'Connection refused'
		check_eq "no checksum was wrong, $with" "$(csum_errors)" 0
	done
	check_match "no errors, $ip6tables" "$(inR cat /proc/net/packetscript)" $'\n0 +2 +[0-9]+ +0 '
	inR $ip6tables -t mangle -F
	inB $ip6tables -t mangle -F
done

# nothing is allocated for a packet once its addresses have been seen
column() { inR awk '$1 == 0 { print $'"$1"' }' /proc/net/packetscript; }
nat ip6tables-nft
inA ping -f -q -c 100 fd00:b::2 >/dev/null
packets=$(column 3) allocations=$(column 6)
inA ping -f -q -c 2000 fd00:b::2 >/dev/null
check '4,000 packets' [ $(($(column 3) - packets)) -ge 4000 ]
check_eq 'made no allocation' $(($(column 6) - allocations)) 0
