#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# What the kernel's connection tracking knows, for scripts; marks of connections, which they set, and translation.
# connections=1000 on the kernel's command line (run.sh --append) translates that many; without it 200.
. /tests/lib.sh

topology
cat >ct.lua <<'END'
local function way(d)
  return d:saddr() .. ":" .. tostring(d:sport()) .. ">" .. d:daddr() .. ":" .. tostring(d:dport()) .. "/" .. d:protocol()
end
function process_packet(p)
  local ct = p:ct()
  if not ct then
    print("at nil")
    return XT_CONTINUE
  end
  local direction = ct:direction()
  print("at", ct:state(), direction, ct:status(), ct:mark(), direction and way(ct:original()), direction and way(ct:reply()))
  return XT_CONTINUE
end
function sets(p)
  local ct = p:ct()
  if ct:state() == "new" then
    print("new", ct:mark(), ct:mark(0x51), ct:expiration())
  else
    print("id", ct:id())
    print("known", ct:packets(), ct:bytes(), ct:original():packets(), ct:zone(), ct:expiration() > 0, ct:is "snat", ct:is "dnat")
  end
  return XT_CONTINUE
end
function hostile(p)
  local ct = p:ct()
  if last then print("kept", pcall(last_state, ct:original())) end
  last, last_state = ct, ct.state
  print("wrong", pcall(ct.mark, ct, "x"))
  return XT_CONTINUE
end
function keeps(p)
  if ct then print("kept", pcall(ct.state, ct)) else ct = p:ct() end
  return XT_CONTINUE
end
function matches(p)
  local ct = p:ct()
  if ct:state() == "new" then ct:mark(1) end
  return ct:is "seen-reply"
end
END
# what scripts have printed since then; a state prints ten lines in five seconds, so most rules have one of their own
told() { sed -n "s|^.*lua:[0-9]*: $1[\t ]*||p" < <(dmesg) | tr "\t" " "; }
asks() { dmesg -C; udp_ask A 10.0.0.2 "$1" hello 20 >/dev/null || { dmesg | tail -n 5 | sed 's/^/# /'; false; }; }
# nobody answers but by an error of ICMP
fails() { dmesg -C; check_fails "port $1 has nobody" udp_ask A 10.0.0.2 "$1" hello; }
# what rules of R have counted that are about this
counted() { inR iptables -t mangle -nvxL | awk -v about="$1" 'index($0, about) { n += $1 } END { print n + 0 }'; }

udp_echo B 10.0.0.2 7
udp_echo B 10.0.0.2 8
udp_echo B 10.0.0.2 9
tracking() { grep -c '^nf_conntrack ' /proc/modules || true; } # an earlier test may have loaded it
before=$(tracking)
inR iptables -t mangle -A FORWARD -j LUA --script ct.lua
asks 7
check_eq 'without conntrack there is nothing' "$(told at)" $'nil\nnil'
check_eq 'nor is it loaded for a script' "$(tracking)" "$before"

inR iptables-restore <<'END'
*raw
-A PREROUTING -p udp --dport 9 -j CT --notrack
-A PREROUTING -p udp --dport 10 -j LUA --script ct.lua --state 1
COMMIT
*filter
-A FORWARD -m conntrack --ctstate INVALID
COMMIT
*mangle
-A PREROUTING -m connmark --mark 0x51
-A FORWARD -p udp --dport 8 -j LUA --script ct.lua --function sets --state 2
-A FORWARD -p udp --sport 8 -j LUA --script ct.lua --function sets --state 2
-A FORWARD -p udp -m multiport --dports 7,9,11 -j LUA --script ct.lua
-A FORWARD -p udp --sport 7 -j LUA --script ct.lua --state 4
-A FORWARD -p icmp -j LUA --script ct.lua --state 3
COMMIT
END
inR sysctl -qw net.netfilter.nf_conntrack_acct=1
asks 7
ways='192\.168\.0\.2:[0-9]+>10\.0\.0\.2:7/17 10\.0\.0\.2:7>192\.168\.0\.2:[0-9]+/17'
check_match 'new, then established; both directions' "$(told at)" $'^new original  0 '"$ways"$'\nestablished reply seen-reply,confirmed 0 '"$ways\$"
asks 8
check_match 'a mark is set; what is counted' "$(told new)$(told known)" '^0 81 nil2 66 1 0 true false false$'
check_eq 'the connection has it, for rules' "$(counted 'connmark match  0x51')" 1
check_match 'and for conntrack, by the same number' "$(inR conntrack -L -p udp --mark 81 -o id 2>/dev/null)" "dport=8 .*mark=81 .*id=$(told id)\$"
asks 9
check_eq 'untracked' "$(told at)" 'untracked nil nil nil nil nil'
fails 11
check_match 'an error is related' "$(told at)" $'^new original  0 .*\nrelated reply [a-z,-]* 0 '
fails 10
check_match 'before conntrack has seen a packet it is what nft says, too' "$(told at)" '^invalid nil nil nil'

inR iptables -t mangle -F
inR iptables -t mangle -A PREROUTING -p udp -m lua --script ct.lua --function matches --state 8 -j MARK --set-mark 0
asks 7
check_match 'a match sets no mark' "$(dmesg)" 'the packet is read-only'
inR iptables -t mangle -F
inR iptables -t mangle -A FORWARD -p udp --dport 7 -j LUA --script ct.lua --function keeps --state 5
asks 7
udp_ask A 10.0.0.2 7 hello >/dev/null
check_match 'what is kept of it is gone with the packet' "$(told kept)" '^false .*packet is gone'
inR iptables -t mangle -A FORWARD -p udp --sport 7 -j LUA --script ct.lua --function hostile --state 6
asks 7
check_match 'wrong types' "$(told wrong)" '^false .*number expected, got string'

inR ip6tables -t mangle -A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j LUA --script ct.lua --state 7
dmesg -C
check 'IPv6' inA ping -c 1 -W 60 fd00:b::2
ways='fd00:a::2:nil>fd00:b::2:nil/58 fd00:b::2:nil>fd00:a::2:nil/58'
check_match 'its states and addresses' "$(told at | tail -n 2)" $'^new original  0 '"$ways"$'\nestablished reply seen-reply[a-z,-]* 0 '"$ways\$"
at B iptables -A INPUT -p udp --dport 7 -j LUA --script ct.lua
asks 7
check_eq 'a namespace that tracks nothing has none' "$(told at)" nil

# --- what the kernel tells of it off the kernel (packetscript queue): the same, of the same packets
inR iptables -t raw -F
inR iptables -t mangle -F
inR ip6tables -t mangle -F
cat >all.lua <<'END'
local function way(d)
  return d:saddr(), d:sport(), d:daddr(), d:dport(), d:protocol(), d:packets(), d:bytes()
end
local function tell(p)
  local ct = p:ct()
  if not ct then return "nil" end
  local t = table.pack(ct:state(), ct:direction(), ct:status(), ct:mark(), ct:id(), ct:zone(), ct:packets(), ct:bytes(), ct:is "confirmed")
  local at = ct:expiration()
  t[10] = at and (at > 0 and at <= 300)
  for i, d in ipairs(ct:direction() and { ct:original(), ct:reply() } or {}) do
    table.move(table.pack(way(d)), 1, 7, 4 + 7 * i, t)
  end
  local line = {}
  for i = 1, 24 do line[i] = tostring(t[i]) end
  return table.concat(line, " ")
end
function process_packet(p)
  print("all", tell(p))
  return XT_CONTINUE
end
function marks(p)
  print("all", tell(p))
  local ct = p:ct()
  if not (ct and ct:direction()) then return XT_CONTINUE end
  if ct:state() == "new" then
    print("set", ct:mark(0x52), ct:mark(), pcall(ct.mark, ct, 1 << 32))
  elseif ct:direction() == "original" then
    print("dropped", ct:mark(0x53))
    return NF_DROP
  end
  return XT_CONTINUE
end
END
cat >longer.lua <<'END'
function process_packet(p)
  local ct, data = p:ct(), p.tcp and p.tcp:data()
  if #data == 0 then return XT_CONTINUE end
  print("nat", nf.nat(p, { dnat = "10.0.0.2" }))
  print("flow", p:flow():offload())
  if ct:mark() == 0 then
    ct:mark(0x54)
    local ok, why = pcall(data.set, data, "longer than it was")
    print("marked", ct:is "dnat", ok, why)
    return ok and XT_CONTINUE or NF_DROP
  end
  data:set("longer than it was")
  print("grown", pcall(ct.mark, ct, 0x55))
  return NF_DROP
end
END
echo 'function process_packet(p) return XT_CONTINUE end' >live.lua
queued() { sed -n "s|^.*lua:[0-9]*: $1[\t ]*||p" queue.err | tr "\t" " "; }
start_queue() {
	: >queue.err
	nsenter --net=/run/netns/R packetscript queue "$@" --packet-ms 1000 2>>queue.err >queue.out & queue=$!
	wait_for grep -q listens queue.err
}
stop_queue() {
	kill "$queue"
	wait "$queue" || { sed 's/^/# /' queue.out queue.err; false; }
}
# both say the same of packets that go through both, and there are $1 of them; what is said goes
same() {
	check_eq "$2" "$(queued all)" "$(told all)"
	check_eq "of $1 packets" "$(queued all | wc -l)" "$1"
	: >queue.err
	dmesg -C
}
start_queue live.lua -q 3
cp all.lua live.lua
sed -i '/^function process_packet/,/^end/d; s/^function marks/function process_packet/' live.lua
kill -HUP $queue
check 'a script that names ct takes the place of one that does not' wait_for grep -q 'loaded anew' queue.err
: >queue.err
inR iptables-restore <<'END'
*raw
-A PREROUTING -p udp --dport 9 -j CT --notrack
-A PREROUTING -p udp --dport 10 -j CT --zone 3
-A PREROUTING -p udp --dport 10 -j LUA --script all.lua --state 15
-A PREROUTING -p udp --dport 10 -j NFQUEUE --queue-num 3
COMMIT
*mangle
-A FORWARD -p udp -j LUA --script all.lua --state 9
-A FORWARD -p udp -j NFQUEUE --queue-num 3
COMMIT
END
inR ip6tables-restore <<'END'
*filter
-A FORWARD -m conntrack --ctstate INVALID
COMMIT
*mangle
-A FORWARD -j LUA --script all.lua --state 14
-A FORWARD -j NFQUEUE --queue-num 3
COMMIT
END
dmesg -C
asks 8
check_match 'off the kernel: a mark is set' "$(queued set)" '^82 82 false .*the value does not fit into 32 bits'
check_match 'the answer has it' "$(queued all | tail -n 1)" '^established reply seen-reply,confirmed 82 [0-9]+ 0 2 66 true true 192.168.0.2 [0-9]+ 10.0.0.2 8 17 1 33 10.0.0.2 8 192.168.0.2 [0-9]+ 17 1 33$'
same 2 'as in the kernel'
check_match 'conntrack has the mark' "$(inR conntrack -L -p udp --mark 82 2>/dev/null)" 'dport=8 '
at A bash -c 'exec 3<>/dev/udp/10.0.0.2/8; printf x >&3; read -r -N 1 -t 60 <&3; printf y >&3'
check 'a mark is set by a packet that is dropped' wait_for grep -q dropped queue.err
check_match 'which conntrack has, too' "$(inR conntrack -L -p udp --mark 83 2>/dev/null)" 'dport=8 '
same 3 'with it'
dmesg -C
check 'of IPv6' inA ping -c 1 -W 60 fd00:b::2
check_match 'addresses' "$(queued all | tail -n 1)" ' fd00:a::2 nil fd00:b::2 nil 58 1 104 fd00:b::2 nil fd00:a::2 nil 58 1 104$'
same 2 'the same'
asks 9
check_match 'what is not tracked is not told' "$(told all | head -n 1), $(queued all | head -n 1)" '^untracked [a-z ]*, nil$'
: >queue.err
fails 10
check_match 'before conntrack, in a zone' "$(queued all)" $'^invalid [nil ]* false [nil ]*\nnew original  0 [0-9]+ 3 '
same 2 'the same'
stop_queue
check_match 'nothing has failed' "$(cat queue.out)" '^11 packets: 1 NF_DROP, 10 XT_CONTINUE'

# Of a connection that is translated the kernel would have sequence numbers follow, which nothing has prepared.
inR iptables -t raw -F
inR iptables -t mangle -F
inR ip6tables -t mangle -F
inR iptables -t nat -A PREROUTING -d 192.168.0.1 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80
inR iptables -t mangle -A FORWARD -p tcp --dport 80 -j NFQUEUE --queue-num 3
start_queue longer.lua -q 3
at B nc -l 10.0.0.2 80 >/dev/null & server=$!
wait_for inB sh -c 'ss -Hltn | grep -q :80'
at A sh -c 'echo hello | exec nc 192.168.0.1 80' >/dev/null & client=$!
check 'a segment comes twice' wait_for grep -q grown queue.err
check_match 'with a mark it keeps its length' "$(queued marked)" '^true false .*keeps its length: the sequence numbers of its connection cannot follow'
check_match 'with another length it gets no mark' "$(queued grown)" '^false .*mark: '
check_match 'what cannot be done has a reason' "$(queued nat | head -n 1), $(queued flow | head -n 1)" '^nil connections are not translated here, nil .*'
kill $client $server
stop_queue
check_fails 'the kernel has warned of nothing' klog_has 'seqadj'
inR iptables -t nat -F

# --- translation
check_fails 'no script has needed the module for translation' grep -q '^packetscript_nat ' /proc/modules
cat >nat.lua <<'END'
function to(p)
  local ok, why = nf.nat(p, { dnat = p.ip and "10.0.0.2" or "fd00:b::2", port = 7 })
  if not ok then print("refused", why) end
  ok, why = nf.nat(p, { dnat = "10.0.0.2" })
  if not told then print("twice", ok, why) end
  told = true
  return XT_CONTINUE
end
function from(p)
  if p:ct():state() == "new" then assert(nf.nat(p, { snat = "10.0.0.8-10.0.0.9", port = "20000-29999", random = true, persistent = true })) end
  return XT_CONTINUE
end
function masks(p)
  local ct = p:ct()
  if ct:state() == "new" then print("masks", nf.nat(p, { masquerade = true })) end
  if ct:direction() == "original" then print("is", ct:status(), ct:reply():saddr(), ct:reply():daddr(), ct:original():daddr()) end
  return XT_CONTINUE
end
function wrong(p)
  print("wrong", select(2, nf.nat(p, { dnat = "10.0.0.3" })))
  print("wrong", select(2, nf.nat(p, { masquerade = true })))
  print("wrong", select(2, nf.nat(p, { snat = "10.0.0.3" })))
  print("wrong", select(2, pcall(nf.nat, p, { dnat = "x" })))
  return XT_CONTINUE
end
function family(p)
  print("family", select(2, nf.nat(p, { dnat = "fd00::1" })))
  return XT_CONTINUE
end
END
udp_echo B fd00:b::2 7
inR sysctl -qw net.netfilter.nf_conntrack_udp_timeout=300
ip -n R addr add 10.0.0.8/32 dev rB
ip -n R addr add 10.0.0.9/32 dev rB
inR iptables-restore <<'END'
*mangle
-A PREROUTING -d 192.168.0.1 -p udp --dport 53 -j LUA --script nat.lua --function to
-A POSTROUTING -p udp --dport 7 -j LUA --script nat.lua --function from --state 10
COMMIT
END
inR ip6tables -t mangle -A PREROUTING -d fd00:a::1 -p udp --dport 53 -j LUA --script nat.lua --function to
at B iptables -F INPUT
at B iptables -A INPUT -p udp --dport 7 -m iprange --src-range 10.0.0.8-10.0.0.9 -m udp --sport 20000:29999
check 'the module is there' grep -q '^packetscript_nat ' /proc/modules
dmesg -C
# each is a connection of its own; prints how many are answered. A byte each, as that is what bash reads at a time.
ask_many() {
	at A bash -c 'n=0
		for ((i = 0; i < $0; i++)); do
			exec 3<>/dev/udp/192.168.0.1/53
			printf x >&3
			read -r -N 1 -t 60 answer <&3
			[ "$answer" != x ] || n=$((n + 1))
		done
		echo $n' "$1"
}
many=$(option connections 200)
check_eq "$many connections get another destination and source" "$(ask_many $many)" $many
check_eq 'as the server sees them' "$(at B iptables -nvxL INPUT | awk '/udp/ { print $1 }')" $many
# a few less: now and then the client takes a port that it has had
check 'conntrack shows them' test "$(inR conntrack -L -p udp --reply-src 10.0.0.2 2>/dev/null | grep -cE 'dst=192.168.0.1 .*dport=53 .*sport=7 dport=2[0-9]{4} ')" -gt $((many * 9 / 10))
check_match 'a client keeps its address' "$(inR conntrack -L -p udp --reply-src 10.0.0.2 2>/dev/null | grep -oE 'src=10.0.0.2 dst=10.0.0.[0-9]+' | sort -u)" '^src=10.0.0.2 dst=10.0.0.[89]$'
check_match 'who decides twice is told' "$(told twice | sort -u)" '^nil it has been decided before$'
at A bash -c 'exec 3<>/dev/udp/192.168.0.1/53; for i in 1 2; do printf x >&3; read -r -N 1 -t 60 <&3; done'
check_match 'nor do later packets decide' "$(told refused)" '^the connection goes on'
check_eq 'IPv6' "$(udp_ask A fd00:a::1 53 hello)" hello

inR iptables-restore <<'END'
*mangle
-A FORWARD -p udp --dport 8 -j LUA --script nat.lua --function wrong --state 11
-A PREROUTING -p udp --dport 9 -j LUA --script nat.lua --function family --state 12
-A POSTROUTING -p udp --dport 9 -j LUA --script nat.lua --function masks --state 13
COMMIT
END
asks 8
check_match 'other hooks' "$(told wrong)" $'^dnat is for PREROUTING and OUTPUT\nmasquerade is for POSTROUTING\nsnat is for POSTROUTING and INPUT\n.*dnat is an address'
asks 9
check_match 'another family' "$(told family)" '^the address is not of the packet'
check_eq 'masquerade' "$(told masks), $(told is)" 'true, snat 10.0.0.2 10.0.0.1 10.0.0.2'
inR iptables -t mangle -F
inR ip6tables -t mangle -F

# --- the example
ip -n B addr add 10.0.0.3/32 dev eth0
udp_echo B 10.0.0.2 80
udp_echo B 10.0.0.3 80
inR iptables -t mangle -A PREROUTING -d 192.168.0.1 -p udp --dport 80 -m conntrack --ctstate NEW -j LUA --script /examples/sticky.lua
check_eq 'a client is sent to a server' "$(udp_ask A 192.168.0.1 80 hello)$(udp_ask A 192.168.0.1 80 hello)" hellohello
check_eq 'to the same each time' "$(inR conntrack -L -p udp --orig-port-dst 80 2>/dev/null | grep -o 'src=10.0.0.[23] dst' | uniq -c | wc -l)" 1
inR iptables -t mangle -F
check 'without scripts the module can go' modprobe -r packetscript_nat
