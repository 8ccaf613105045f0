#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Payloads that get other lengths on their way, and peers that look at checksums.
. /tests/lib.sh

topology
offload hosts
inA sysctl -qw net.ipv4.ip_no_pmtu_disc=1

cat >lengths.lua <<'END'
local function payload(p)
  local eth = p:data(packet_eth)
  local ip = eth:data(packet_ip) or eth:data(packet_ip6)
  local l4 = ip and (ip:data(packet_udp) or ip:data(packet_icmp) or ip:data(packet_icmp6))
  if not l4 or not l4.dport and l4.type ~= 8 and l4.type ~= 0 and l4.type ~= 128 and l4.type ~= 129 then return nil end
  return l4:data(), l4
end

function grow(p)
  local data, l4 = payload(p)
  if not data then return XT_CONTINUE end
  local size = #p
  data:set(data:to_bytes() .. "+nine.!?_")
  assert(#p == size + 9 and l4:data():get()[#data - 1] == ("_"):byte())
  if l4.dport then l4.sport = l4.sport end
  return XT_CONTINUE
end

function shrink(p)
  local data = payload(p)
  if data and #data >= 9 then data:set(data:get():string():sub(1, -10)) end
  return XT_CONTINUE
end

function answer(p)
  local data, udp = payload(p)
  if data and udp.dport == 7 then data:set("asked: " .. data:get():string()) end
  return XT_CONTINUE
end

function of_tcp(p)
  local tcp = p:data(packet_eth):data(packet_ip):data(packet_tcp)
  if tcp and #tcp:data() > 3000 then tcp:data():set("other") end
  return XT_CONTINUE
end
END

# fragments are put together before a rule sees them
for command in iptables ip6tables; do inR $command -A FORWARD -m conntrack --ctstate INVALID; done
rule() { for command in iptables ip6tables; do inR $command -t mangle -A "$@" -j LUA --script lengths.lua --function "$f"; done; }
f=grow rule FORWARD -i rA
f=shrink rule FORWARD -i rB
udp_echo B 10.0.0.2 7
udp_echo B fd00:b::2 7

check 'ping, longer on its way and as before on the way back' inA ping -c 3 -i 0.2 -s 61 -p 5a5b -W 60 10.0.0.2
check 'over IPv6' inA ping -c 3 -i 0.2 -s 60 -p 5a5b -W 60 fd00:b::2
check_eq 'a datagram' "$(udp_ask A 10.0.0.2 7 'what was sent')" 'what was sent'
check_eq 'over IPv6' "$(udp_ask A fd00:b::2 7 'what was sent')" 'what was sent'
check_eq 'one that no longer fits into a frame' "$(udp_ask A 10.0.0.2 7 "$(printf '%1470s' x)" | wc -c)" 1470
check_eq 'one that came in fragments, and leaves in fragments' "$(udp_ask A 10.0.0.2 7 "$(printf '%4001s' x)" | wc -c)" 4001
inR iptables -t mangle -F
f=answer rule PREROUTING -i rA
check_eq 'the peer gets it longer' "$(udp_ask A 10.0.0.2 7 hello)" 'asked: hello'
check_eq 'over IPv6, fragments and all' "$(udp_ask A fd00:b::2 7 "$(printf '%3000s' x)" | wc -c)" 3007
inR iptables -t mangle -F
inR ip6tables -t mangle -F

for command in iptables ip6tables; do
	inA $command -t mangle -A OUTPUT -p udp -j LUA --script lengths.lua --function answer
done
check_eq 'where it is sent' "$(udp_ask A 10.0.0.2 7 'first')" 'asked: first'
check_eq 'over IPv6' "$(udp_ask A fd00:b::2 7 'first')" 'asked: first'
inA iptables -t mangle -F
inA ip6tables -t mangle -F

f=grow rule FORWARD -i rA
f=shrink rule FORWARD -i rB
inA ping -qfc 3000 -s 1000 10.0.0.2 >flood &
flood=$!
for _ in 1 2 3; do
	inR iptables -t mangle -F
	inR iptables -t mangle -A FORWARD -i rA -j LUA --script lengths.lua --function grow
	inR iptables -t mangle -A FORWARD -i rB -j LUA --script lengths.lua --function shrink
done
wait $flood || true
check_match 'rules come and go under load' "$(cat flood)" '3000 packets transmitted, [123][0-9]{3} received'
check_eq 'no checksum was wrong' "$(snmp_sum 'Udp InCsumErrors' 'Icmp InCsumErrors' 'Udp6 InCsumErrors' 'Icmp6 InCsumErrors')" 0
inR iptables -t mangle -F

offload on
mkdir www
head -c 300000 /dev/urandom >www/file
start_nginx B "$PWD/www" 10.0.0.2:80
inR iptables -t mangle -A FORWARD -i rB -p tcp -j LUA --script lengths.lua --function of_tcp --on-error continue
check 'what will be cut into segments keeps its length' inA curl -sS -m 300 -o got http://10.0.0.2/file
check 'and arrives as it was sent' cmp www/file got
check 'the log says why' klog_has 'segments will be made of this packet'
