#!/bin/bash
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# 'packetscript list' and 'stats': what is there, in each namespace; numbers agree with the packets that were sent.
. /tests/lib.sh

topology
cat >count.lua <<'LUA'
local helper = require "helper"
function process_packet(p) if helper.is_bad(p) then error("bad") end return XT_CONTINUE end
function match_packet(p) return true end
LUA
cat >helper.lua <<'LUA'
local helper = {}
function helper.is_bad(p) return p:data(packet_eth):data(packet_ip).ttl == 7 end
return helper
LUA
list() { inR packetscript list "$@"; }
stats() { inR packetscript stats "$@"; }
# number NAME: the first of that name in what stats says as JSON
number() { stats --json | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

check_match 'without the module there are no states' "$(list 2>&1 || true)" '^packetscript: the kernel module packetscript is not loaded'
modprobe packetscript
for limit in packet_ms=1000 stops=0; do check_eq 'tests have more time' "$(</sys/module/packetscript/parameters/${limit%=*})" ${limit#*=}; done
check_eq 'without rules there is nothing' "$(list)$(list --json)" '[]'
check_match 'a state that is not there' "$(list --state 3 2>&1 || true)" '^packetscript: state 3: there is none in this network namespace$'
check_eq 'stats has its head' "$(stats | awk '{ print NF }')" 11

inR iptables-legacy -t mangle -A PREROUTING -i rA -p icmp -j LUA --script count.lua --on-error accept
inR iptables-nft -t mangle -A FORWARD -p icmp -m lua --script count.lua --state 5 -j ACCEPT
inR iptables-nft -t mangle -A OUTPUT -p icmp -d 10.9.9.9 -j LUA --script count.lua --percpu --memory 256K --state 4294967295
sum() { sha256sum "$1" | cut -c 1-64; }
listed=$(list)
check_match 'a state' "$listed" $'state 0: 1 rule, generation 1, memory [0-9]+ of 1024 KiB, 0 packets, 0 errors\n'
check_match 'its script' "$listed" "  script [^ ]*/count.lua"$'\n'"    loaded 20[0-9T:-]*Z, sha256 $(sum count.lua | cut -c 1-8)"$'\n'
check_match 'with what it asks for' "$listed" "    module sha256 $(sum helper.lua | cut -c 1-8) [^ ]*/helper.lua"$'\n'
check_match 'its rule' "$listed" $'    target iptables mangle PREROUTING: process_packet, on error accept, object raw\n'
check_match 'a match' "$listed" $'state 5: .*\n    match iptables mangle FORWARD: match_packet, on error continue, object raw'
check_match 'copies' "$listed" "state 4294967295: 1 rule, generation 1, $(nproc) copies, memory [0-9]+ of 256 KiB each, 0 packets"
check_match 'one state of them' "$(list --state 5)" '^state 5: 1 rule'
check_eq 'and no other' "$(list --state 5 | grep -c ^state)" 1

inA ping -q -c 40 -i 0.01 -W 5 192.168.0.1 >/dev/null
inA ping -q -c 3 -i 0.01 -t 7 192.168.0.1 >/dev/null
check_eq 'packets that were sent are counted' "$(number packets)" 43
check_eq 'so are errors' "$(number errors)" 3
check_eq 'and bytes, as iptables counts them' "$(number bytes)" "$(inR iptables-legacy -t mangle -nvxL PREROUTING | awk '/LUA/ { print $2 }')"
check_match 'of the rule, with verdicts' "$(list --state 0)" $'\n      43 packets, 3612 bytes, 3 errors, XT_CONTINUE 40$'
check_eq 'as in /proc' "$(inR awk '$1 == 0 { print $3, $4 }' /proc/net/packetscript)" '43 3'
check_eq 'stats: a line for each' "$(stats | awk 'NR > 1 && !NF { exit } NR > 1 { print $1, $2, $3 }' | sort -n | paste -sd ' ')" '0 43 3 5 0 0 4294967295 0 0'
check_eq 'and for each rule of each' "$(stats | sed '1,/RULE$/d' | sort -n | sed 's/  */ /g' | paste -sd ';')" \
	'0 43 3 3612 process_packet of count.lua, iptables mangle PREROUTING;5 0 0 0 match_packet of count.lua, iptables mangle FORWARD;4294967295 0 0 0 process_packet of count.lua, iptables mangle OUTPUT'
inR packetscript reload
check_match 'after a reload' "$(list --state 0)" '^state 0: 1 rule, generation 2, .* 43 packets, 3 errors'
stats -w 5 -c 2 --state 0 >watched & watcher=$!
wait_for [ -s watched ]
inA ping -q -c 10 -i 0.01 -W 5 192.168.0.1 >/dev/null
wait $watcher
watched=$(<watched)
check_eq 'watched, it shows them twice' "$(grep -c '^0 .*[0-9]$' <<<"$watched") $(grep -c '^0 .* PREROUTING$' <<<"$watched")" '2 2'
check_match 'and how many came meanwhile' "$(grep '^0 .*[0-9]$' <<<"$watched" | tail -n 1)" '^0 +53 +3 .* +[1-9][0-9]*$'
check_match 'by the rule, too' "$(tail -n 1 <<<"$watched")" '^0 +53 +3 .* PREROUTING$'
json=$(list --json)
for part in '"state":0,' '"memory_limit":1048576' "\"copies\":$(nproc)" '"copies":null' '"timers":\{"pending":0,"run":0,"failed":0\}' \
	'"work":null' '"kind":"target","program":"iptables","table":"mangle","function":"process_packet","hooks":\["PREROUTING"\],"on_error":"accept","object":"raw"' \
	"\"sha256\":\"$(sum count.lua)\"" "\"kind\":\"module\",\"path\":\"[^\"]*/helper.lua\",\"sha256\":\"$(sum helper.lua)\""; do
	check_match "--json has $part" "$json" "$part"
done
schema list <(echo "$json")

# --- verdicts and answers, a packet after the other ---
cat >verdicts.lua <<'LUA'
local verdict = { NF_DROP, NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_REPEAT, XT_CONTINUE, XT_RETURN }
local again = false
function process_packet(p)
  local port = p.udp.dport - 9000
  nf.count("port_" .. port)
  nf.count("numbers", port)
  again = not again and port == 5
  if port == 5 and not again then return XT_CONTINUE end
  if port == 8 then while true do end end
  if port == 9 then for i = 1, 1000 do local t = { i } end return NF_DROP end
  return verdict[port]
end
function match_packet(p)
  local port <const> = p.udp.dport
  return port % 2 == 1
end
LUA
inR iptables-legacy -t mangle -A PREROUTING -i rA -p udp -m lua --script verdicts.lua --state 8
inR iptables-legacy -t mangle -A PREROUTING -i rA -p udp -j LUA --script verdicts.lua --state 8 --on-error drop
# sends so many datagrams of 4 bytes to each port given
cat >send <<'END'
for port in "${@:2}"; do for ((i = 0; i < $1; i++)); do printf 1234 >/dev/udp/192.168.0.1/$port; done; done
END
check_match 'no packet is timed unless that is asked for' "$(list --json --state 8)" '"times":null,.*"times":null\}.*"times":null\}'
times=/sys/module/packetscript/parameters/times
echo Y >$times
inA bash send 3 9001 9002 9003 9004 9005 9006
inA bash send 2 9007 9009 9010
inA bash send 1 9008
verdicts='"packets":25,"bytes":800,"errors":3,"verdicts":\{"NF_DROP":5,"NF_ACCEPT":3,"NF_STOLEN":3,"NF_QUEUE":3,"NF_REPEAT":3,"XT_CONTINUE":6,"XT_RETURN":2,"NF_TX":0,"NF_REDIRECT":0\},"answers":null'
json=$(list --json --state 8)
schema list <(echo "$json")
schema stats <(stats --json)
check_match 'verdicts of a rule' "$json" "$verdicts"
check_match 'answers of a match' "$json" '"packets":25,"bytes":800,"errors":0,"verdicts":null,"answers":\{"no":12,"yes":13\}'
check_match 'the state has both' "$json" '"packets":50,.*"errors":3,.*"bytes":1600,"verdicts":\{"NF_DROP":5,.*"XT_RETURN":2,"NF_TX":0,"NF_REDIRECT":0\},"answers":\{"no":12,"yes":13\},"stopped":1,'
echo N >$times
# timed LABELS: how many packets of these, and how many took less than 8.4 ms
timed() { awk -v name="packetscript_$1" 'index($0, name ",") == 1 || index($0, name "}") == 1 { sub(/.*\} /, ""); print }' metrics | paste -sd ' '; }
timed_by() { stats --openmetrics >metrics; echo "$(timed "packet_seconds_count{state=\"$1\"") $(timed "packet_seconds_bucket{state=\"$1\",le=\"+Inf\"") $(timed "rule_packet_seconds_count{state=\"$1\"")"; }
check_eq 'all are timed, of the state and of its rules, with NF_REPEAT once' "$(timed_by 8)" '50 50 25 25'
check 'one took long' [ "$(timed 'packet_seconds_bucket{state="8",le="0.008388608"')" -lt 50 ]
check_match 'which is seen' "$(stats --state 8)" $'\nstate 8: 50 packets took +[0-9.]+ [mu]s each\n.*\n  < +[0-9.]+ ms +[1-9][0-9]* #+\n'
of() { grep -o "\"$1\":[0-9]*" <<<"$json" | head -n 1 | cut -d : -f 2; }
check "garbage was collected: $(of collections)" [ "$(of collections)" -gt 0 ]
check "there was more than is held: $(of memory_peak), $(of memory)" [ "$(of memory_peak)" -gt "$(of memory)" ]
check_match 'so are counters that the script has named' "$json" '"counters":\{"port_1":3,"numbers":138,"port_2":3,"port_3":3,"port_4":3,"port_5":6,"port_6":3,"port_7":2,"port_9":2,"port_10":2,"port_8":1\}'
inR packetscript reload --state 8
inA bash send 1 9001
check_eq 'a reload keeps how many were timed, and no more are' "$(timed_by 8)" '50 50 25 25'
json=$(list --json --state 8)
check_match 'a reload keeps what a rule has counted' "$json" '"packets":26,"bytes":832,"errors":3,"verdicts":\{"NF_DROP":6,'
inR iptables-legacy -t mangle -D PREROUTING -i rA -p udp -j LUA --script verdicts.lua --state 8 --on-error drop
check_match 'and what scripts count' "$json" '"port_1":4,"numbers":139,'
check_match 'and the state that of a rule that was' "$(list --json --state 8)" '"packets":52,.*"bytes":1664,"verdicts":\{"NF_DROP":6,.*"answers":\{"no":12,"yes":14\},"stopped":1,'

# --- graphs
check_eq 'samples for graphs' "$(/examples/dashboard collect --every 0.1 2 --netns R --state 5 | grep -cE '^# TIME [0-9.]+$|^# EOF$|^packetscript_packets_total\{state="5"\} [0-9]+$')" 6

# --- on a terminal ---
check_match 'top refuses without a terminal' "$(inR packetscript top 2>&1 || true)" '^packetscript: top needs a terminal;'
cat >terminal <<'END'
stty cols 132 rows 20
packetscript top -d 1
timeout --foreground -s TERM 4 packetscript top -d 1
stty -a
END
: >screen
# what is typed before it begins is lost
(wait_for grep -q 'STATE, RULES' screen; for _ in {1..4}; do sleep 0.5; inA bash send 5 9001; done; printf s; sleep 0.5; printf q; sleep 4) |
	inR timeout 100 script -qfec 'bash terminal' /dev/null >screen
shown=$(tr -d '\r' <screen)
check_match 'a head' "$shown" $'4 states, 4 rules: 0 packets/s, 0.0 errors/s   sorted by packets/s .*\n.*  PACKETS/S .* STATE, RULES'
check_match 'a state' "$shown" $'\n +[1-9][0-9]* +0\.0 +[1-9][0-9]* +[0-9]+ +3 +[0-9]+K  state 8, 1 rule'
check_match 'below it its rule' "$shown" $'  state 8, 1 rule[^ ]*\n +[1-9][0-9]* +0\.0 .*  match_packet of verdicts.lua, iptables mangle PREROUTING'
check_match 'by another count' "$shown" 'sorted by errors/s'
check_eq 'the screen is left' "$(grep -c $'\e\\[?25h\e\\[?1049l' <<<"$shown")" 2
check_match 'and the terminal as it was' "$shown" $' icanon .* echo '

# --- counters of copies, and all of it as OpenMetrics ---
cat >'co"unt\er.lua' <<'LUA'
nf.count("never", 0)
function process_packet() nf.count("all") return XT_CONTINUE end
LUA
inR iptables-legacy -t mangle -A PREROUTING -i rA -p udp -j LUA --script 'co"unt\er.lua' --state 9 --percpu
inR iptables-legacy -t mangle -A PREROUTING -i rA -p udp -j LUA --script 'co"unt\er.lua' --state 9 --percpu
for cpu in 0 1; do inA taskset -c $cpu bash send 4 9001; done
check_match 'copies count together' "$(stats --state 9)" $'STATE +COUNT NAME\n9 +0 never\n9 +16 all$'
stats --openmetrics >metrics
cat >openmetrics.awk <<'AWK'
function bad(why) { print NR ": " why ": " $0 }
eof { bad("behind the end") }
/^# EOF$/ { eof = 1; next }
/^# TYPE / { if ($3 in type) bad("family twice"); type[$3] = $4; if ($4 !~ /^(counter|gauge|histogram)$/) bad("type"); now = $3; next }
/^# UNIT / { if ($3 != now || substr($3, length($3) - length($4)) != "_" $4) bad("unit"); next }
/^# HELP [a-z_]+ [A-Z1].*\.$/ { if ($3 != now) bad("help"); next }
!/^[a-z_]+\{([a-z]+="([^"\\]|\\["\\n])*"(,|\}))+ [0-9]+(\.[0-9]+)?$/ { bad("form") }
{ name = $0; sub(/\{.*/, "", name); sample = $0; sub(/ [0-9.]+$/, "", sample); value = $NF }
type[now] == "histogram" {
  if (name == now "_bucket") { if (value < last) bad("less than before"); last = value; inf = /,le="\+Inf"\}/ }
  else if (name == now "_count") { if (!inf || value != last) bad("not as many"); last = 0 }
  else if (name != now "_sum") bad("not of its family")
  name = now }
{ if (name != (type[now] == "counter" ? now "_total" : now)) bad("not of its family")
  if (seen[sample]++) bad("twice"); samples++ }
END { if (!eof) bad("no end"); if (samples < 80) bad("only " samples " samples") }
AWK
check_eq 'the form of OpenMetrics is right' "$(awk -f openmetrics.awk metrics)" ''
for wrong in 's/^# EOF//' 's/_total{/{/' 's/\\\\/\\x/' 's/^\(packetscript_rules.*\) 1$/&\n&/' 's/packetscript_memory_bytes bytes/packetscript_memory_bytes byte/'; do
	check_match "it would not be: $wrong" "$(sed "$wrong" metrics | awk -f openmetrics.awk)" '^[0-9]+: '
done
metric() { grep -F -c -x -- "$1" metrics || true; }
check_eq 'with what a state counts' "$(metric 'packetscript_packets_total{state="8"} 80')" 1
check_eq 'its verdicts' "$(metric 'packetscript_verdicts_total{state="8",verdict="NF_DROP"} 6')" 1
check_eq 'what scripts do' "$(metric 'packetscript_counter_total{state="9",name="all"} 16')" 1
check_eq 'rules that are the same are one' "$(grep -c '^packetscript_rule_packets_total{state="9"' metrics)" 1
check_match 'whose names are quoted' "$(grep '^packetscript_rule_packets_total{state="9"' metrics)" \
	'^packetscript_rule_packets_total\{state="9",path="[^"]*/co\\"unt\\\\er.lua",kind="target",program="iptables",table="mangle",function="process_packet",hooks="PREROUTING"\} 16$'
check_match 'who asks for it again does so himself' "$(stats --openmetrics --watch 1 2>&1 || true)" '^packetscript: --openmetrics goes with neither'

# --- other namespaces, and who may not ---
check_eq 'another namespace has none' "$(inA packetscript list)" ''
check_eq 'which may be named' "$(packetscript list --netns R)" "$(list)"
check_match 'who may not is told' "$(inR unshare -U packetscript list 2>&1 || true)" \
	'^packetscript: not permitted: listing states needs CAP_NET_ADMIN$'

# --- more than one message has room for, while rules come and go ---
inR iptables-legacy -t mangle -F
inR iptables-nft -t mangle -F
rules=300
{ echo '*mangle'
	for ((i = 0; i < rules; i++)); do echo "-A OUTPUT -d 10.9.9.9 -j LUA --script $PWD/count.lua --state $((i % 3))"; done
	echo COMMIT; } >many
check 'many rules' inR iptables-legacy-restore many
check_eq 'all are listed' "$(list | grep -c '^    target iptables mangle OUTPUT: ')" $rules
check_eq 'in JSON, too' "$(list --json | grep -o '"kind":"target"' | wc -l)" $rules
(for _ in {1..10}; do
	inR iptables-nft -t mangle -A FORWARD -m lua --script count.lua --state 7 -j ACCEPT
	inR iptables-nft -t mangle -F FORWARD
done) & changing=$!
wrong=0
while kill -0 $changing 2>/dev/null; do
	[ "$(list | grep -c '^    target iptables mangle OUTPUT: ')" = $rules ] || wrong=$((wrong + 1))
done
wait $changing
check_eq 'and none twice or not at all while rules come and go' $wrong 0
inR iptables-legacy -t mangle -F
inR iptables-nft -t mangle -F
check_eq 'then nothing is there' "$(list)" ''
