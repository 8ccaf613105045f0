#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript trace': what functions make of packets, before and after, with the line that gave the verdict; chosen by state, script and
# filter; into a capture; several at once; and what is lost is counted.
. /tests/lib.sh

topology
cat >ttl.lua <<'LUA'
local function verdict(ip)
  if ip.ttl == 9 then
    return NF_DROP
  end
  return XT_CONTINUE
end
function process_packet(p)
  local ip = p.ip
  if not ip then return XT_CONTINUE end
  if ip.ttl == 11 then error("on purpose") end
  if ip.ttl == 12 then ip.ttl = 40 end
  if ip.ttl == 14 then return NF_QUEUE | 5 << 16 end
  return verdict(ip)
end
function match_packet(p)
  return p.ip ~= nil and p.ip.ttl == 13
end
LUA
trace() { exec ip netns exec R packetscript trace "$@"; }
# said COMMAND…: what it prints when it fails; it has to end by itself
said() { inR timeout 20 packetscript trace "$@" 2>&1 || true; }
send() { inA ping -q -c "${2:-1}" -i 0.01 -t "$1" -W 2 10.0.0.2 >/dev/null 2>&1 || true; }
has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
begins() { send 20; [ -s "$1" ]; }
ends() { ! kill -0 "$1" 2>/dev/null; }
# of one that is about packets of ttl 12, and may not have begun when the last one was sent
ends_by_packets() { ends "$1" || { send 12; ends "$1"; }; }

check_match 'without the module there is nothing to trace' "$(said)" 'the kernel module packetscript is not loaded'
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script ttl.lua --on-error accept
inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -m lua --script ttl.lua --state 2 -j ACCEPT
inR packetscript attach ttl.lua --hook forward --state 3 --object raw

# --- what is told ---
trace 0 >zero 2>zero.end & zero=$!
trace --json >all 2>/dev/null & all=$!
trace 0 -n 2 ttl.lua 'icmp[icmptype] = icmp-echo and ip[8] = 12' -w twelve.pcapng >twelve 2>twelve.end & twelve=$!
for file in zero all; do wait_for begins $file; done
send 9
send 11
send 12
send 13
send 14
is_there() { grep -q NF_DROP zero && grep -q '"verdict":"match"' all && grep -q NF_QUEUE zero; }
wait_for is_there
at='20[0-9-]*T[0-9:.]*Z  state 0  ip mangle PREROUTING in rA'
packet='192\.168\.0\.2 > 10\.0\.0\.2 icmp 98'
check_match 'a verdict of a function that the handler ends with' "$(grep NF_DROP zero)" \
	"^$at  $packet  NF_DROP  [^ ]*/ttl.lua:3  [0-9]+\.[0-9] us\$"
check_match 'an error' "$(grep purpose zero)" "^$at  $packet  error  [^ ]*/ttl.lua:10: on purpose  [0-9.]+ us\$"
check_match 'the number of a queue' "$(grep NF_QUEUE zero)" "^$at  $packet  NF_QUEUE 5  [^ ]*/ttl.lua:12  [0-9.]+ us\$"
check_match 'a field that is changed' "$(grep 'ip.ttl' zero)" "^$at  $packet  XT_CONTINUE  ip.ttl 12 → 40.*  [^ ]*/ttl.lua:5  [0-9.]+ us\$"
check_eq 'of another state nothing' "$(grep -v 'state 0  ip mangle' zero || true)" ''
check_match 'the answer of a match' "$(grep -m 1 '"verdict":"match"' all)" \
	'"state":2,"script":"[^"]*/ttl.lua","function":"match_packet","family":"ip","table":"mangle","hook":"PREROUTING","in":"rA","out":null,.*"place":"[^"]*/ttl.lua:16","error":null'
check_match 'at a hook without a table, on the way out too' "$(grep -m 1 '"state":3' all)" \
	'"table":null,"hook":"FORWARD","in":"rA","out":"rB"'
check_eq 'nothing was lost' "$(grep -v '"lost":0}$' all || true)" ''

schema trace all

# --- a filter, a count, a capture ---
check 'it ends after as many packets' wait_for ends_by_packets $twelve
check_match 'and says so' "$(cat twelve.end)" '^2 packets traced$'
check_eq 'only packets that the filter is about' "$(grep -c 'ip.ttl 12 → 40' twelve)/$(wc -l <twelve)" 2/2
tcpdump -Z root -nvr twelve.pcapng >printed 2>printed.err || cat printed.err
check_eq 'the capture has them as they came, and as they were left' "$(grep -o 'ttl [0-9]*' printed | tr '\n' ' ')" 'ttl 12 ttl 40 ttl 12 ttl 40 '
check_match 'with the verdict' "$(strings twelve.pcapng 2>/dev/null || tr -c '[:print:]' '\n' <twelve.pcapng)" \
	'state 0, ip mangle PREROUTING, process_packet: XT_CONTINUE at [^ ]*/ttl.lua:5'

# --- not traced any more, as before ---
kill $zero $all
wait_for ends $zero
check_match 'an interrupt ends it in good order' "$(cat zero.end)" '^[0-9]+ packets traced$'
before=$(wc -l <zero)
send 12 5
check_eq 'and nothing is told then' "$(wc -l <zero)" "$before"

# --- under load: what is told and what is lost is what came ---
(trace 0 --json >load 2>load.end) & load=$!
trace 0 -n 1 'ip[8] = 12' >one 2>one.end & one=$!
wait_for begins load
tracer=$(pgrep -P $load packetscript || echo $load)
sleep 1
[ ! -e /sys/kernel/debug/kmemleak ] || sleep 5 # a debug kernel takes long to start the other one
kill -STOP "$tracer" $one
inA ping -q -f -c 3000 -s 1300 -t 20 10.0.0.2 >/dev/null
send 12
kill -CONT "$tracer" $one
check 'what a filter is not about takes no room' wait_for ends_by_packets $one
check_match 'so nothing is lost' "$(cat one.end)" '^1 packet traced$'
tells() { send 20; [[ $(tail -n 1 load) = *'"lost":0}' ]] && [ "$(awk -F '"lost":' '{ n += $2 } END { print n }' load)" -gt 0 ]; }
check 'what is not read is lost, and counted' wait_for -t 20 tells
kill -INT "$tracer"
wait_for ends "$tracer"
check_match 'and told at the end' "$(cat load.end)" '^[0-9]+ packets traced, [1-9][0-9]* lost$'

# --- several, and reload and end of the rule meanwhile ---
pids=()
for i in $(seq 16); do
	trace 0 >many.$i 2>/dev/null & pids+=($!)
done
for i in $(seq 16); do wait_for begins many.$i; done # in whatever order
check_match 'no more than sixteen' "$(said)" 'too many trace packets already$'
inR packetscript reload >/dev/null
inA ping -q -i 0.002 -c 300 -t 20 10.0.0.2 >/dev/null & load=$!
inR packetscript reload >/dev/null
inR iptables-legacy -t mangle -D PREROUTING 1
kill "${pids[@]:0:8}"
wait $load
check_match 'of a state that is not there' "$(said 7)" 'no rule or hook of this network namespace has it'
check_match 'of a script that is not there' "$(said ./no.lua)" 'no.lua: No such file'
check_match 'of a filter that is none' "$(said 2 udp prot 53)" '^packetscript: udp prot 53: is no filter: .*pcap-filter'
check_match 'who may not is told' "$(inR unshare -U packetscript trace 2>&1 || true)" 'not permitted: tracing packets needs CAP_NET_ADMIN'
kill "${pids[@]:8}"
for pid in "${pids[@]}"; do wait_for ends "$pid"; done
inR packetscript detach ttl.lua >/dev/null
