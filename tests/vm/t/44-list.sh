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
check_eq 'without rules there is nothing' "$(list)$(list --json)" '[]'
check_match 'a state that is not there' "$(list --state 3 2>&1 || true)" '^packetscript: state 3: there is none in this network namespace$'
check_eq 'stats has its head' "$(stats | awk '{ print NF }')" 9

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
check_eq 'as in /proc' "$(inR awk '$1 == 0 { print $3, $4 }' /proc/net/packetscript)" '43 3'
check_eq 'stats: a line for each' "$(stats | awk 'NR > 1 { print $1, $2, $3 }' | sort -n | paste -sd ' ')" '0 43 3 5 0 0 4294967295 0 0'
inR packetscript reload
check_match 'after a reload' "$(list --state 0)" '^state 0: 1 rule, generation 2, .* 43 packets, 3 errors'
(sleep 0.3; inA ping -q -c 10 -i 0.01 -W 5 192.168.0.1 >/dev/null) &
watched=$(stats -w 1 -c 2 --state 0)
wait $!
check_eq 'watched, it shows them twice' "$(grep -c '^0 ' <<<"$watched")" 2
check_match 'and how many came meanwhile' "$(tail -n 1 <<<"$watched")" '^0 +53 +3 .* +[1-9][0-9]*$'
json=$(list --json)
for part in '"state":0,' '"memory_limit":1048576' "\"copies\":$(nproc)" '"copies":null' '"timers":\{"pending":0,"run":0,"failed":0\}' \
	'"work":null' '"kind":"target","program":"iptables","table":"mangle","function":"process_packet","hooks":\["PREROUTING"\],"on_error":"accept","object":"raw"' \
	"\"sha256\":\"$(sum count.lua)\"" "\"kind\":\"module\",\"path\":\"[^\"]*/helper.lua\",\"sha256\":\"$(sum helper.lua)\""; do
	check_match "--json has $part" "$json" "$part"
done

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
