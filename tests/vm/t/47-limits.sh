#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# A state gets limits of its own while packets pass: of time, memory and what is sent; in all its copies, and over reloads.
. /tests/lib.sh

topology
hurried
modprobe xt_LUA
limits() { inR packetscript limits "$@"; }
refused() { limits "$@" 2>&1 || true; }
rule() { inR iptables-legacy -t mangle -"$1" PREROUTING -i rA -p icmp -j LUA --script limited.lua --function by_size --on-error accept "${@:2}"; }
one() { inA taskset -c "$1" ping -q -c 1 -s "${2:-56}" -W 60 192.168.0.1 >/dev/null; }
errors() { inR awk '$1 == 0 { print $4 }' /proc/net/packetscript; }
# fails COMMAND…: how many errors more there are then
fails() {
	local before
	before=$(errors)
	"$@"
	echo $(($(errors) - before))
}
# limit NAME [OPTION…]: that one, after these changes
limit() { limits 0 --json "${@:2}" | grep -o "\"$1\":{[^}]*}"; }
cat >limited.lua <<'END'
-- by the size of the ping: 100 takes 150 ms, 300 sends what it may, 400 and more keep as many KiB
local kept = {}
function by_size(p)
  local n = #p.icmp:data():get()
  if n == 100 then
    local start = nf.get_time()
    repeat until nf.get_time() - start > 150
  elseif n >= 400 then
    kept[#kept + 1] = ("%4d"):format(#kept):rep(n * 256)
  elseif n == 300 then
    local sent = 0
    repeat
      local done = nf.create_packet(nil, p.ip:raw(0, p.ip.tot_len):to_bytes())
      if done then sent = sent + 1 end
    until not done
    nf.count("sent", sent)
  end
  return XT_CONTINUE
end
END

# --- what they are, and what cannot be ---
rule A
check_eq 'they are the usual ones' "$(limits 0 | tr -s ' ' | paste -sd ,)" \
	'state 0, 40 milliseconds a packet by packet_ms, 1024 KiB of memory by the rules, 100000 packets sent in a second by send_rate, 64 packets sent for each packet by send_each, 262144 KiB sent in a second by send_rate_kib'
check_match 'a state that is not there' "$(refused 7 --time 50)" '^packetscript: there is no state 7: no rule of this network namespace names it$'
check_match 'nor in other namespaces' "$(inA packetscript limits 0 2>&1 || true)" 'there is no state 0'
check_match 'less time than can be measured' "$(refused 0 --time 19)" '^packetscript: --time 19: give a number from 20 to 1000$'
check_match 'more than softirqs should wait' "$(refused 0 --time 1001)" 'give a number from 20 to 1000$'
check_match 'memory of no size' "$(refused 0 --memory 65M)" '^packetscript: --memory 65M: give 128K to 64M'
check_match 'who may load no script changes no limit' "$(inR unshare -U packetscript limits 0 --time 50 2>&1 || true)" 'not permitted|Operation not permitted'
check_match 'nor who may in a user namespace' "$(unshare -Urn packetscript limits 0 --time 50 2>&1 || true)" 'to change limits needs CAP_NET_ADMIN, and not only in a user namespace$'
check_match 'who may look there' "$(unshare -Urn packetscript limits 0 2>&1 || true)" 'there is no state 0'
readonly a_state=0800010000000000 cmd=10
# nest HEX: the attribute with limits
nest() { printf '%02x00%s%s' $((4 + ${#1} / 2)) 0c80 "$1"; }
mapfile -t answers < <(printf '%s\n' "$cmd - " "$cmd - $a_state$(nest 0800010013000000)" "$cmd - $a_state$(nest 08000100e9030000)" \
	"$cmd - $a_state$(nest 080002007f000000)" "$cmd - $a_state$(nest 0800020001000100)" "$cmd - $a_state$(nest 0800040000000100)" \
	"$cmd - $a_state$(nest 0800030001e1f505)" "$cmd - $a_state$(nest 0800060002000000)" "$cmd - $a_state$(nest 0800070001000000)" \
	"$cmd - $a_state$(nest 0800070040000000)" "$cmd - $a_state$(nest 060001003200)" "$cmd - $a_state$(nest 0800630001000000)" \
	"$cmd - $a_state$(nest '')" | inR genlask packetscript)
check_eq 'requests that are wrong' "${answers[*]}" '22 34 34 34 34 34 34 22 22 22 22 22 0'
check_eq 'have changed nothing' "$(limits 0 --json | grep -c true || true)" 0

# --- time ---
check_eq 'a packet that takes long is stopped' "$(fails one 0 100)" 1
check_eq 'with more time' "$(limit time_ms --time 1000)" '"time_ms":{"limit":1000,"own":true}'
sleep 0.5
check_eq 'it is not, one after the other' "$(fails eval 'one 0 100; sleep 0.6; one 1 100')" 0
rule A --state 1
echo 60 >/sys/module/packetscript/parameters/packet_ms
check_match 'other states have what the module says' "$(limits 1 --json)" '"time_ms":\{"limit":60,"own":false\}'
check_eq 'this one has its own' "$(limit time_ms)" '"time_ms":{"limit":1000,"own":true}'
check_eq 'taken back it is as the others' "$(limit time_ms --time default)" '"time_ms":{"limit":60,"own":false}'
sleep 1
check_eq 'and the packet is stopped again' "$(fails one 0 100)" 1
sleep 0.5

# --- memory, of two copies ---
unhurried
rule D
rule D --state 1
rule A --percpu
fill() { for i in 1 2; do one "$1" 800; done; }
check 'a copy of 1 MiB holds less than the script wants' [ "$(fails fill 0)" -gt 0 ]
check_eq 'it gets more' "$(limit memory --memory 4M)" '"memory":{"limit":4194304,"own":true}'
check_eq 'and goes on' "$(fails fill 0)" 0
check_eq 'and so does the other copy' "$(fails fill 1)" 0
check 'a rule of the same state says what the first has said' inR iptables-legacy -t mangle -A OUTPUT -p udp -j LUA --script limited.lua --function by_size --percpu
inR iptables-legacy -t mangle -D OUTPUT -p udp -j LUA --script limited.lua --function by_size --percpu
check_match 'and not what the state has now' "$(inR iptables-legacy -t mangle -A OUTPUT -j LUA --script limited.lua --function by_size --percpu --memory 4M 2>&1 || true
	dmesg | tail -n 3)" 'state 0'
limits 0 --memory 128K >out
check_eq 'with less than it holds what needs none goes on' "$(fails eval 'one 0; one 1')" 0
check 'and what needs some fails' [ "$(fails one 0 800)" = 1 ]
check_eq 'on each CPU' "$(fails one 1 800)" 1
inR packetscript reload
check_eq 'reloaded, it has that limit' "$(limit memory) $(inR packetscript list --json | grep -o '"memory_limit":[0-9]*')" '"memory":{"limit":131072,"own":true} "memory_limit":131072'
check_eq 'but fills up soon' "$(fails one 0 800)" 1
check_eq 'until the rules say what there is' "$(limit memory --memory default) $(fails one 0 400)" '"memory":{"limit":1048576,"own":false} 0'

# --- what is sent, and changes while packets pass ---
sent() { inR packetscript list --json | sed -n 's/.*"sent":\([0-9]*\).*/\1/p'; }
# sends: how many more there are after a packet
sends() {
	local before
	before=$(sent)
	one 0 300
	echo $(($(sent) - ${before:-0}))
}
check_eq 'so many for each packet' "$(sends)" 64
limits 0 --sends-each 3 >out
check_eq 'or less' "$(sends)" 3
limits 0 --sends 0 --sends-each 200 >out
check_eq 'or none in a second' "$(sends)" 0
limits 0 --sends default --sends-kib 0 >out
check_eq 'or no byte' "$(sends)" 0
inR packetscript reload
check_eq 'the limits outlive the load' "$(limit sends_each) $(limit sends_kib)" '"sends_each":{"limit":200,"own":true} "sends_kib":{"limit":0,"own":true}'
limits 0 --sends-kib default >out
check_eq 'more than the module says' "$(sends)" 200
schema limits <(limits 0 --json)
ip netns exec A timeout 100 ping -f -q -s 300 192.168.0.1 >/dev/null 2>&1 &
flood=$!
limits 0 --sends-each 1 >out
before=$(errors)
for i in {1..5}; do
	limits 0 --time $((500 + i)) --memory ${i}M --sends-each $i >out &
	limits 0 --time default --memory 900K >out2
	[ $i != 3 ] || inR packetscript reload
	wait $!
done
kill $flood
wait $flood || true
check_eq 'packets that passed meanwhile had no error' "$(($(errors) - before))" 0
check_match 'what was said last of each is so' "$(limit sends_each)" '"limit":5,'
inR iptables-legacy -t mangle -F
check_match 'with the last rule they go' "$(refused 0)" 'there is no state 0'
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script limited.lua --function by_size
check_eq 'and a new state has the usual ones' "$(limits 0 --json | grep -c true || true)" 0
